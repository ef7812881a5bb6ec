//! Which addresses of a node AKO uses (ako.md section 7; R@*:internal/lib/lib.go `GetIPFromNode`).

use super::world::World;
use crate::facts::ako::era::Era;
use crate::model::address::{Address, classify};
use crate::model::{IpFamily, Kind, Object, Release};

/// Annotations of the CNI plug-ins that know better than the node's status.
const CALICO: [(IpFamily, &str); 2] =
    [(IpFamily::V4, "projectcalico.org/IPv4Address"), (IpFamily::V6, "projectcalico.org/IPv6Address")];
const ANTREA: &str = "node.antrea.io/transport-addresses";

/// The addresses of a node; empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Addresses {
    pub(super) v4: String,
    pub(super) v6: String,
}

impl Addresses {
    fn of(&mut self, family: IpFamily) -> &mut String {
        match family {
            IpFamily::V4 => &mut self.v4,
            IpFamily::V6 => &mut self.v6,
        }
    }
}

/// Every node, by name.
pub(super) fn all<'a>(world: &World<'a>) -> impl Iterator<Item = Object<'a>> {
    let mut nodes: Vec<Object<'a>> = world.snapshot.all(Kind::Node).collect();
    nodes.sort_by_key(|node| node.name());
    nodes.into_iter()
}

pub(super) fn addresses(world: &World<'_>, node: Object<'_>) -> Addresses {
    if world.is_dual_stack() { annotated_first(world, node) } else { reported_first(world, node) }
}

/// From 1.12.1 on: the annotation of the CNI plug-in, then the first internal address of each family still missing.
fn annotated_first(world: &World<'_>, node: Object<'_>) -> Addresses {
    let mut found = Addresses::default();
    annotations(world, node, &mut found);
    for address in internal(node) {
        let family = world.family_of(address).filter(|family| world.families.contains(*family));
        if let Some(place) = family.map(|family| found.of(family)).filter(|place| place.is_empty()) {
            address.clone_into(place);
        }
    }
    found
}

/// Before: internal addresses, over which annotations count under `ipFamily: V6` only.
fn reported_first(world: &World<'_>, node: Object<'_>) -> Addresses {
    let mut found = Addresses::default();
    for address in internal(node) {
        let place = found.of(world.family_of(address).unwrap_or(IpFamily::V6));
        if place.is_empty() || last_wins(world.release) {
            address.clone_into(place);
        }
    }
    if world.era == Era::Preview {
        // 1.8.x knows IPv6 addresses from Calico only
        found.v6.clear();
    }
    if world.families.v6 {
        annotations(world, node, &mut found);
    }
    found
}

/// Releases that take the last internal address of a family instead of the first.
fn last_wins(release: Release) -> bool {
    release == Release::new(1, 9, 1) || (release.major, release.minor) == (1, 10)
}

fn internal(node: Object<'_>) -> impl Iterator<Item = &str> {
    let addresses = node.at_key("status").at("addresses").items();
    let internal = addresses.filter(|address| address.at("type").text() == "InternalIP");
    internal.map(|address| address.at("address").text())
}

fn annotations(world: &World<'_>, node: Object<'_>, found: &mut Addresses) {
    match world.config.cni().as_str() {
        // taken as it stands, whatever its family is
        "calico" => {
            for (family, key) in CALICO {
                let annotation = node.annotation(key);
                if world.families.contains(family) && !annotation.is_absent() {
                    let address = annotation.text().split('/').next().unwrap_or_default();
                    address.clone_into(found.of(family));
                }
            }
        }
        "antrea" => {
            let annotation = node.annotation(ANTREA);
            for address in annotation.text().split(',').filter(|_| !annotation.is_absent()) {
                let family = world.family_of(address);
                let counts = |family: &IpFamily| !world.is_dual_stack() || world.families.contains(*family);
                if let Some(family) = family.filter(counts) {
                    address.clone_into(found.of(family));
                }
            }
        }
        _ => {}
    }
}

/// Why a node has no address of `family` for AKO.
pub(super) fn missing(node: Object<'_>, family: IpFamily) -> String {
    let elsewhere = node.at_key("status").at("addresses").items().any(|address| {
        let is_family = match classify(address.at("address").text()) {
            Address::V4(_) | Address::Mapped(_) => family == IpFamily::V4,
            Address::V6(_) => family == IpFamily::V6,
            _ => false,
        };
        is_family && address.at("type").text() != "InternalIP"
    });
    if elsewhere {
        format!("the node has no {family} InternalIP, and AKO reads no other address")
    } else {
        format!("the node has no {family} address that AKO reads")
    }
}
