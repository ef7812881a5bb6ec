//! Static routes to the Pods of each node (R@*:internal/nodes/avi_vrf_translator.go `addRouteForNode`;
//! R@*:internal/lib/dynamic_client.go `GetPodCIDR`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::backend::supply;
use super::world::{Mode, World};
use super::{Dropped, NodePlan, StaticRoute};
use crate::facts::Unknown;
use crate::facts::ako::node::{self, Addresses};
use crate::facts::ako::pattern::{is_v4_cidr, is_v6_cidr};
use crate::model::{IpFamily, Kind, Node, Object};

const OVN: &str = "k8s.ovn.org/node-subnets";

/// Where the ranges of Pods come from.
enum Source<'a> {
    /// Objects of a CNI plug-in, by node.
    Objects(BTreeMap<&'a str, Vec<Object<'a>>>, Kind),
    /// The annotation OVN-Kubernetes writes.
    Ovn,
    /// The node itself.
    Node,
}

/// Why nobody can tell the routes, where nobody can.
pub(super) fn unknown(world: &World<'_>) -> Option<String> {
    let needed = [Some(Kind::Node), kind(world)].into_iter().flatten();
    let mut missing = needed.filter(|kind| !world.has_seen(*kind));
    missing.next().map(|kind| supply(&Unknown::kind(kind)))
}

/// Every node with its addresses, and, with `routed`, its routes.
pub(super) fn nodes(world: &World<'_>, routed: bool) -> Vec<NodePlan> {
    let source = routed.then(|| source(world));
    let mut prefixes = BTreeSet::new();
    let mut nodes = Vec::new();
    for node in world.all_nodes() {
        let addresses = world.nodes.addresses(node);
        let mut plan = NodePlan {
            name: node.name().to_owned(),
            v4: addresses.v4.clone(),
            v6: addresses.v6.clone(),
            stands_in_pools: world.mode == Mode::NodePort && node::stands_in_pools(&world.config, node),
            ..NodePlan::default()
        };
        if let Some(source) = &source {
            route(world, source, node, &addresses, &mut plan);
            let known = |route: &&StaticRoute| prefixes.contains(address_of(&route.prefix));
            if let Some(taken) = plan.routes.iter().find(known).map(|route| route.prefix.clone()) {
                // one range that another node has already loses the node all its routes
                plan.routes.clear();
                let why = "another node has this range already, so AKO drops every route of this one";
                plan.dropped.push(Dropped { what: taken, why: why.to_owned() });
            }
            prefixes.extend(plan.routes.iter().map(|route| address_of(&route.prefix).to_owned()));
        }
        nodes.push(plan);
    }
    nodes
}

fn address_of(prefix: &str) -> &str {
    prefix.split('/').next().unwrap_or_default()
}

/// The kind of the objects that the CNI plug-in keeps ranges in, where it does.
fn kind(world: &World<'_>) -> Option<Kind> {
    match world.nodes.cni.as_str() {
        _ if world.nodes.reads_ranges_of_nodes() => None,
        "calico" => Some(Kind::BlockAffinity),
        "openshift" => Some(Kind::HostSubnet),
        "cilium" => Some(Kind::CiliumNode),
        _ => None,
    }
}

fn source<'a>(world: &World<'a>) -> Source<'a> {
    let Some(kind) = kind(world) else {
        return if world.nodes.reads_ranges_of_nodes() { Source::Node } else { Source::Ovn };
    };
    let mut objects: BTreeMap<&str, Vec<Object<'_>>> = BTreeMap::new();
    let mut all: Vec<Object<'_>> = world.snapshot.all(kind).collect();
    all.sort_by_key(|object| object.name());
    for object in all {
        let node = match kind {
            Kind::BlockAffinity => {
                let node = object.spec().at("node");
                if node.as_str().is_none() {
                    world.dies(
                        object,
                        "spec.node is missing, which AKO takes for granted of each BlockAffinity",
                    );
                }
                node.text()
            }
            Kind::HostSubnet => object.at_key("host").text(),
            _ => object.name(),
        };
        objects.entry(node).or_default().push(object);
    }
    Source::Objects(objects, kind)
}

/// The ranges of a node, or why they cannot be had.
fn ranges(world: &World<'_>, source: &Source<'_>, node: Object<'_>) -> Result<Vec<String>, String> {
    let (objects, kind) = match source {
        Source::Objects(objects, kind) => (objects, kind),
        Source::Ovn => return of_ovn(node.annotation(OVN).as_str()),
        Source::Node => return world.nodes.ranges(node),
    };
    let mut ranges: Vec<String> = Vec::new();
    for object in objects.get(node.name()).into_iter().flatten() {
        let found: Vec<&str> = match kind {
            Kind::BlockAffinity => vec![object.spec().at("cidr").text()],
            Kind::HostSubnet => vec![object.at_key("subnet").text()],
            _ => object.spec().at("ipam").at("podCIDRs").items().map(Node::text).collect(),
        };
        if found.is_empty() || found.contains(&"") && *kind == Kind::BlockAffinity {
            return Err(format!("{} {} names no range", kind.name(), object.name()));
        }
        for range in found {
            if !ranges.iter().any(|known| known == range) {
                ranges.push(range.to_owned());
            }
        }
    }
    Ok(ranges)
}

fn of_ovn(annotation: Option<&str>) -> Result<Vec<String>, String> {
    let annotation = annotation.ok_or_else(|| format!("the node has no annotation {OVN}"))?;
    let subnets: Value =
        serde_json::from_str(annotation).map_err(|_| format!("the annotation {OVN} is no JSON"))?;
    let ranges: Vec<String> = match subnets.get("default") {
        Some(Value::String(range)) => vec![range.clone()],
        Some(Value::Array(ranges)) if ranges.is_empty() => vec![String::new()],
        Some(Value::Array(ranges)) => {
            ranges.iter().filter_map(|range| Some(range.as_str()?.to_owned())).collect()
        }
        _ => Vec::new(),
    };
    if ranges.iter().any(String::is_empty) {
        return Err(format!("the annotation {OVN} names no range"));
    }
    Ok(ranges)
}

/// Adds the routes of a node, or why there are none.
fn route(
    world: &World<'_>,
    source: &Source<'_>,
    node: Object<'_>,
    addresses: &Addresses,
    plan: &mut NodePlan,
) {
    let drop = |plan: &mut NodePlan, what: &str, why: String| {
        plan.dropped.push(Dropped { what: what.to_owned(), why });
    };
    let families = [(IpFamily::V4, &addresses.v4), (IpFamily::V6, &addresses.v6)];
    let lacking = families.into_iter().find(|(family, a)| world.families.contains(*family) && a.is_empty());
    let is_stuck = match lacking {
        Some(_) if world.is_dual_stack() => addresses.v4.is_empty() && addresses.v6.is_empty(),
        lacking => lacking.is_some(),
    };
    if is_stuck && let Some((family, _)) = lacking {
        drop(plan, "every range", node::missing(node, family));
        return;
    }
    let ranges = match ranges(world, source, node) {
        Ok(ranges) => ranges,
        Err(why) => return drop(plan, "every range", why),
    };
    if ranges.is_empty() {
        let why = match source {
            Source::Objects(_, kind) => format!("no {} is of this node", kind.name()),
            Source::Ovn | Source::Node => "the node names no range".to_owned(),
        };
        drop(plan, "every range", why);
    }
    for range in ranges {
        let parts: Vec<&str> = range.split('/').collect();
        let length = parts.get(1).filter(|_| parts.len() == 2).and_then(|length| length.parse::<u32>().ok());
        let Some(length) = length else {
            plan.routes.clear();
            return drop(plan, &range, "it is no range, so AKO makes no route to this node".to_owned());
        };
        let (v4, v6) = (is_v4_cidr(&range), is_v6_cidr(&range));
        let usable = |family: IpFamily, address: &str| {
            // before 1.12.1 an address may be there that the one family AKO works with has no use for
            !address.is_empty() && world.families.contains(family)
        };
        let (family, next_hop) = if usable(IpFamily::V4, &addresses.v4) && v4 {
            (IpFamily::V4, &addresses.v4)
        } else if usable(IpFamily::V6, &addresses.v6) && v6 {
            (IpFamily::V6, &addresses.v6)
        } else {
            let family = if v4 { IpFamily::V4 } else { IpFamily::V6 };
            let why = if !v4 && !v6 {
                "it is no range".to_owned()
            } else if world.families.contains(family) {
                node::missing(node, family)
            } else {
                format!("it is {family}, AKO works with ipFamily {}", world.ip_family)
            };
            drop(plan, &range, why);
            continue;
        };
        let prefix = format!("{}/{length}", address_of(&range));
        plan.routes.push(StaticRoute { prefix, next_hop: next_hop.clone(), family });
    }
}
