//! Pools of Pods: from Endpoints or EndpointSlices, as the release does
//! (R@*:internal/nodes/avi_model_l4_translator.go `PopulateServers`).

use std::collections::BTreeSet;

use super::Server;
use super::backend::{Backend, Filled, number, supply};
use super::world::World;
use crate::facts::Unknown;
use crate::facts::ako::era::Era;
use crate::facts::service::ServiceFamilies;
use crate::model::{Families, IpFamily, Kind, Node, Object};

/// Servers as they are found. The port is the pool's: the last that matched counts for all of them.
struct Found<'f> {
    filled: &'f mut Filled,
    wanted: Families,
    port: u32,
}

impl Found<'_> {
    fn add(&mut self, world: &World<'_>, address: &str, node: &str, enabled: bool) {
        let family = world.family_of(address).filter(|family| self.wanted.contains(*family));
        let Some(family) = family else {
            self.filled.drop(address, world.outside(self.wanted, address));
            return;
        };
        let (address, node) = (address.into(), node.into());
        self.filled.servers.push(Server { address, family, port: 0, node, enabled });
    }
}

pub(super) fn fill(world: &World<'_>, backend: &Backend<'_>, service: Object<'_>) -> Filled {
    let mut filled = Filled::default();
    // 1.12.x reads the first family without looking whether there is one
    let Some(wanted) = world.wanted(service, world.era != Era::DualStack) else { return filled };
    let kind = if world.reads_slices() { Kind::EndpointSlice } else { Kind::Endpoints };
    if !world.has_seen(kind) {
        filled.unknown = Some(supply(&Unknown::kind(kind)));
        return filled;
    }
    let mut found = Found { filled: &mut filled, wanted, port: backend.port };
    match kind {
        Kind::EndpointSlice => from_slices(world, backend, &mut found),
        _ => from_endpoints(world, backend, service, &mut found),
    }
    let port = found.port;
    for server in &mut filled.servers {
        server.port = port;
    }
    filled
}

fn from_endpoints(world: &World<'_>, backend: &Backend<'_>, service: Object<'_>, found: &mut Found<'_>) {
    let endpoints = world.view.find(Kind::Endpoints, backend.namespace, backend.service);
    let Ok(Some(endpoints)) = endpoints else {
        found.filled.drop("Endpoints", "the Service has none");
        return;
    };
    let subsets = endpoints.at_key("subsets");
    let count = subsets.items().count();
    let mut families = Families::NONE;
    for subset in subsets.items() {
        let matches = |port: Node<'_>| {
            port.at("name").text() == backend.port_name
                || number(port.at("port")) == backend.target.int_value()
        };
        let Some(port) = matching(subset.at("ports"), count, &matches) else {
            drop_subset(found, subset.at("addresses"), "ip");
            continue;
        };
        found.port = port;
        for address in subset.at("addresses").items() {
            let text = address.at("ip").text();
            families = families_with(families, world.family_of(text));
            found.add(world, text, address.at("nodeName").text(), true);
        }
        for address in subset.at("notReadyAddresses").items() {
            families = families_with(families, world.family_of(address.at("ip").text()));
            found.filled.drop(address.at("ip").text(), "it is not ready");
        }
    }
    // what a dual-stack Service has in its second family never gets into Endpoints
    let offered = ServiceFamilies::of(service, world.view.profile);
    let primary = offered.primary().unwrap_or(IpFamily::V4);
    for family in [IpFamily::V4, IpFamily::V6] {
        if offered.set().contains(family) && world.families.contains(family) && !families.contains(family) {
            let why = format!(
                "this release reads Endpoints, which hold the Service's first family only: {primary}"
            );
            found.filled.drop(format!("every {family} address"), why);
        }
    }
}

fn families_with(families: Families, family: Option<IpFamily>) -> Families {
    Families {
        v4: families.v4 || family == Some(IpFamily::V4),
        v6: families.v6 || family == Some(IpFamily::V6),
    }
}

fn from_slices(world: &World<'_>, backend: &Backend<'_>, found: &mut Found<'_>) {
    let slices: Vec<Object<'_>> = world.snapshot.slices_of(backend.namespace, backend.service).collect();
    if slices.is_empty() {
        found.filled.drop("EndpointSlices", "the Service has none");
        return;
    }
    let mut seen = BTreeSet::new();
    for slice in &slices {
        let matches = |port: Node<'_>| {
            let (name, number_of) = (port.at("name"), port.at("port"));
            name.as_str() == Some(backend.port_name)
                || !number_of.is_nothing() && number(number_of) == backend.target.int_val()
        };
        let endpoints = slice.at_key("endpoints");
        let Some(port) = matching(slice.at_key("ports"), slices.len(), &matches) else {
            drop_subset(found, endpoints, "addresses");
            continue;
        };
        found.port = port;
        for endpoint in endpoints.items() {
            let addresses: Vec<&str> = endpoint.at("addresses").items().map(Node::text).collect();
            let Some((first, others)) = addresses.split_first() else { continue };
            for other in others {
                found.filled.drop(*other, "only the first address of an endpoint is read");
            }
            if !seen.insert((*first, port, slice.at_key("addressType").text())) {
                continue;
            }
            let conditions = endpoint.at("conditions");
            let ready = conditions.at("ready").as_bool() == Some(true);
            let terminating = conditions.at("terminating").as_bool() == Some(true);
            found.add(world, first, endpoint.at("nodeName").text(), ready && !terminating);
        }
    }
}

/// The port that matches; the only port of the only group of addresses always does.
fn matching(ports: Node<'_>, groups: usize, matches: &dyn Fn(Node<'_>) -> bool) -> Option<u32> {
    let only = ports.items().next().filter(|_| groups == 1 && ports.items().count() == 1);
    let port = only.or_else(|| ports.items().find(|port| matches(*port)));
    port.map(|port| number(port.at("port")))
}

fn drop_subset(found: &mut Found<'_>, addresses: Node<'_>, key: &str) {
    for address in addresses.items() {
        let text = address.at(key);
        let text = text.items().next().unwrap_or(text).text();
        found.filled.drop(text, "none of its ports is the one that is wanted");
    }
}
