//! Pools of nodes (R@*:internal/nodes/avi_model_l4_translator.go `PopulateServersForNodePort`).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Server;
use super::backend::{Backend, Filled, Member, number, supply};
use super::world::World;
use crate::facts::Unknown;
use crate::facts::ako::node::{Addresses, stands_in_pools};
use crate::facts::service::ServiceFamilies;
use crate::model::{Families, IpFamily, Kind, Node, Object, Release};

/// First release that looks at `externalTrafficPolicy` (R@2.1.1:docs/ako_external_traffic_policy_local.md).
const LOCAL_TRAFFIC: Release = Release::new(1, 14, 1);

/// What of which node is not in a pool.
#[derive(Default)]
struct Left<'w> {
    second: Vec<&'w str>,
    without: Vec<&'w str>,
    traffic: Vec<&'w str>,
}

impl Left<'_> {
    fn tell(&self, wanted: Families, filled: &mut Filled) {
        let mut drop = |nodes: &[&str], of: &str, why: &str| {
            if !nodes.is_empty() {
                filled.drop(format!("{of}{}", listed(nodes)), why);
            }
        };
        // only IPv6 addresses stand behind others
        drop(&self.second, "IPv6 address of ", "a node contributes one address, and IPv4 always wins");
        drop(&self.without, "", &format!("it has no address of {wanted}"));
        drop(&self.traffic, "", "externalTrafficPolicy is Local, and no endpoint is on it");
    }
}

/// Nodes by name, the first few of many.
fn listed(nodes: &[&str]) -> String {
    const SHOWN: usize = 3;
    match nodes {
        [node] => format!("node {node}"),
        _ if nodes.len() <= SHOWN => format!("each of the nodes {}", nodes.join(", ")),
        _ => format!("each of the nodes {} and {} more", nodes[..SHOWN].join(", "), nodes.len() - SHOWN),
    }
}

/// The nodes the selector of the configuration picks, looked at once for all pools.
fn members<'w>(world: &'w World<'_>) -> &'w [Member] {
    world.members.get_or_init(|| {
        let picked = world.all_nodes().into_iter().filter(|node| stands_in_pools(&world.config, *node));
        let member = |node: Object<'_>| {
            let Addresses { v4, v6 } = world.nodes.addresses(node);
            Member { name: node.name().into(), v4: v4.into(), v6: v6.into() }
        };
        picked.map(member).collect()
    })
}

pub(super) fn fill(world: &World<'_>, backend: &Backend<'_>, service: Object<'_>) -> Filled {
    let mut filled = Filled::default();
    let Some(wanted) = world.wanted(service, false) else { return filled };
    let name = format!("Service {}/{}", service.namespace(), service.name());
    if matches!(service.spec().at("type").text(), "" | "ClusterIP") {
        filled.drop(name, "it is of type ClusterIP and has no node port");
        return filled;
    }
    if !world.has_seen(Kind::Node) {
        filled.unknown = Some(supply(&Unknown::kind(Kind::Node)));
        return filled;
    }
    let local = nodes_of_endpoints(world, service);
    let ports = service.spec().at("ports");
    let is_only = ports.items().count() == 1;
    let mut port_of_pool = None;
    let mut left = Left::default();
    for port in ports.items() {
        if port.at("name").text() != backend.port_name && !is_only {
            continue;
        }
        let node_port = port.at("nodePort");
        if node_port.is_nothing() && service.spec().at("type").text() != "ExternalName" {
            world.unnamed(service, "nodePort: the API server chooses one");
        }
        port_of_pool = Some(number(node_port));
        for node in members(world) {
            let has_endpoint =
                |family: IpFamily| local.as_ref().is_none_or(|local| local.contains(&(&*node.name, family)));
            let families = [(IpFamily::V4, &node.v4), (IpFamily::V6, &node.v6)];
            let asked = families.into_iter().filter(|(family, _)| wanted.contains(*family));
            if wanted != Families::NONE && !asked.clone().any(|(family, _)| has_endpoint(family)) {
                left.traffic.push(&node.name);
                continue;
            }
            // a node stands in a pool once, with IPv4 first
            let mut usable = asked.filter(|(family, _)| has_endpoint(*family));
            if let Some((family, address)) = usable.find(|(_, address)| !address.is_empty()) {
                let (address, node_name) = (Arc::clone(address), Arc::clone(&node.name));
                filled.servers.push(Server { address, family, port: 0, node: node_name, enabled: true });
                if usable.any(|(_, address)| !address.is_empty()) {
                    left.second.push(&node.name);
                }
                continue;
            }
            if world.is_dual_stack() {
                left.without.push(&node.name);
                continue;
            }
            // up to 1.11.5 one such node is the end of every pool
            filled.servers.clear();
            let why = format!("it has no {wanted} address, and up to 1.11.5 that empties every pool");
            filled.drop(format!("node {}", node.name), why);
            return filled;
        }
    }
    left.tell(wanted, &mut filled);
    filled.unanswered = unanswered(world, service, &filled);
    if port_of_pool.is_none() {
        filled.drop(name, format!("none of its ports is named {:?}", backend.port_name));
    }
    let port = port_of_pool.unwrap_or(backend.port);
    for server in &mut filled.servers {
        server.port = port;
    }
    filled
}

/// Why no server answers: up to 1.11.5 AKO does not look at the families of a Service, and kube-proxy opens the node ports
/// of one only in its own.
fn unanswered(world: &World<'_>, service: Object<'_>, filled: &Filled) -> Option<String> {
    let families = ServiceFamilies::of(service, world.view.profile);
    let answers = |server: &Server| families.set().contains(server.family);
    let is_deaf = families.known && !filled.servers.is_empty() && !filled.servers.iter().any(answers);
    let why = || format!("a Service that is {} opens its node ports over {0} only", families.set());
    is_deaf.then(why)
}

/// The nodes that traffic may come in by, and in which family, where that is restricted: with `externalTrafficPolicy:
/// Local` those that an endpoint of the family is on, which 2.1.1 was seen to honour and 1.12.1 was not.
fn nodes_of_endpoints<'a>(world: &World<'a>, service: Object<'_>) -> Option<BTreeSet<(&'a str, IpFamily)>> {
    if service.spec().at("externalTrafficPolicy").text() != "Local" || world.release < LOCAL_TRAFFIC {
        return None;
    }
    if !world.has_seen(Kind::EndpointSlice) {
        let needs = supply(&Unknown::kind(Kind::EndpointSlice));
        world.note(format!("{needs}; every node is taken for a server of Services with Local traffic"));
        return None;
    }
    let slices = world.snapshot.slices_of(service.namespace(), service.name());
    let endpoints = slices.flat_map(|slice| slice.at_key("endpoints").items());
    let place = |endpoint: Node<'a>| {
        let address = endpoint.at("addresses").items().next()?;
        Some((endpoint.at("nodeName").text(), world.family_of(address.text())?))
    };
    Some(endpoints.filter_map(place).collect())
}
