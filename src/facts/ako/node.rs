//! What AKO reads of a node: the addresses it uses (ako.md section 7; R@*:internal/lib/lib.go `GetIPFromNode`), the
//! ranges of its Pods (R@*:internal/lib/dynamic_client.go `GetPodCIDR`), and whether it stands in pools at all.

use super::config::{Config, Setting};
use super::era::{self, Era};
use super::pattern::is_v4_cidr;
use crate::model::address::{Address, classify};
use crate::model::{Cloud, Families, IpFamily, Object, Release};

/// Annotations of the CNI plug-ins that know better than the node's status.
const CALICO: [(IpFamily, &str); 2] =
    [(IpFamily::V4, "projectcalico.org/IPv4Address"), (IpFamily::V6, "projectcalico.org/IPv6Address")];
const ANTREA: &str = "node.antrea.io/transport-addresses";
/// Annotation whose ranges take the place of podCIDRs.
pub const POD_CIDRS: &str = "ako.vmware.com/pod-cidrs";

/// The addresses of a node; empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// The IPv4 address, or what is taken for it.
    pub v4: String,
    /// The IPv6 address, or what is taken for it.
    pub v6: String,
}

impl Addresses {
    fn of(&mut self, family: IpFamily) -> &mut String {
        match family {
            IpFamily::V4 => &mut self.v4,
            IpFamily::V6 => &mut self.v6,
        }
    }
}

/// AKO as far as it decides what is read of nodes.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The release.
    pub release: Release,
    /// The CNI plug-in in lower case.
    pub cni: String,
    /// The families AKO works with.
    pub families: Families,
}

/// The family AKO takes an address for; `None` where it takes it for none.
pub fn family_of(text: &str, era: Era) -> Option<IpFamily> {
    match classify(text) {
        Address::V4(_) | Address::Mapped(_) => Some(IpFamily::V4),
        Address::V6(_) => Some(IpFamily::V6),
        // whatever is not IPv4 was IPv6 once
        _ if era.has_dual_stack() => None,
        _ => Some(IpFamily::V6),
    }
}

/// Whether the selector of the configuration lets a node stand in the pools of `NodePort` mode.
pub fn stands_in_pools(config: &Config<'_>, node: Object<'_>) -> bool {
    let key = config.at(Setting::NodeKey).text();
    key.is_empty() || {
        let label = node.label(key);
        !label.is_absent() && label.text() == config.at(Setting::NodeValue).text()
    }
}

/// Why AKO makes no static routes at all; `None` where it does.
pub fn no_routes(config: &Config<'_>, cloud: Cloud) -> Option<&'static str> {
    match config.service_type() {
        "NodePort" => Some("in NodePort mode the nodes themselves are the servers"),
        "NodePortLocal" => Some("in NodePortLocal mode the nodes themselves are the servers"),
        _ if config.is_on(Setting::DisableStaticRoutes) => Some("disableStaticRouteSync is set"),
        _ if cloud == Cloud::NsxT && config.cni() == "ncp" => Some("NCP routes to the Pods on NSX-T"),
        _ => None,
    }
}

impl Reader {
    fn era(&self) -> Era {
        Era::of(self.release)
    }

    /// The addresses of a node.
    pub fn addresses(&self, node: Object<'_>) -> Addresses {
        if self.era().has_dual_stack() { self.annotated_first(node) } else { self.reported_first(node) }
    }

    /// From 1.12.1 on: the annotation of the CNI plug-in, then the first internal address of each family still missing.
    fn annotated_first(&self, node: Object<'_>) -> Addresses {
        let mut found = Addresses::default();
        self.annotations(node, &mut found);
        for address in internal(node) {
            let family = family_of(address, self.era()).filter(|family| self.families.contains(*family));
            if let Some(place) = family.map(|family| found.of(family)).filter(|place| place.is_empty()) {
                address.clone_into(place);
            }
        }
        found
    }

    /// Before: internal addresses, over which annotations count under `ipFamily: V6` only.
    fn reported_first(&self, node: Object<'_>) -> Addresses {
        let mut found = Addresses::default();
        for address in internal(node) {
            let place = found.of(family_of(address, self.era()).unwrap_or(IpFamily::V6));
            if place.is_empty() || last_wins(self.release) {
                address.clone_into(place);
            }
        }
        if self.era() == Era::Preview {
            // 1.8.x knows IPv6 addresses from Calico only
            found.v6.clear();
        }
        if self.families.v6 {
            self.annotations(node, &mut found);
        }
        found
    }

    fn annotations(&self, node: Object<'_>, found: &mut Addresses) {
        match self.cni.as_str() {
            // taken as it stands, whatever its family is
            "calico" => {
                for (family, key) in CALICO {
                    let annotation = node.annotation(key);
                    if self.families.contains(family) && !annotation.is_absent() {
                        let address = annotation.text().split('/').next().unwrap_or_default();
                        address.clone_into(found.of(family));
                    }
                }
            }
            "antrea" => {
                let era = self.era();
                let annotation = node.annotation(ANTREA);
                for address in annotation.text().split(',').filter(|_| !annotation.is_absent()) {
                    let counts = |family: &IpFamily| !era.has_dual_stack() || self.families.contains(*family);
                    if let Some(family) = family_of(address, era).filter(counts) {
                        address.clone_into(found.of(family));
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether the ranges of Pods are the nodes' own, and not kept by the CNI plug-in.
    pub fn reads_ranges_of_nodes(&self) -> bool {
        match self.cni.as_str() {
            "calico" | "openshift" => false,
            "cilium" | "ovn-kubernetes" => self.release < era::L4_RULE,
            _ => true,
        }
    }

    /// The node's own ranges of Pods, or why they cannot be had.
    pub fn ranges(&self, node: Object<'_>) -> Result<Vec<String>, String> {
        let annotation = node.annotation(POD_CIDRS);
        if !annotation.is_absent() {
            let entries = annotation.text().trim().split(',').filter(|entry| !entry.is_empty());
            let entries: Vec<String> = entries.map(|entry| entry.trim().to_owned()).collect();
            if let Some(wrong) = entries.iter().find(|entry| !is_v4_cidr(entry)) {
                return Err(format!(
                    "{POD_CIDRS} takes the place of podCIDRs and holds {wrong:?}, no IPv4 network"
                ));
            }
            return Ok(entries);
        }
        let (one, many) = (node.spec().at("podCIDR").text(), node.spec().at("podCIDRs"));
        let ranges: Vec<String> = many.items().map(|range| range.text().to_owned()).collect();
        if one.is_empty() && ranges.is_empty() {
            return Err("the node has no podCIDR".to_owned());
        }
        // the API server keeps the two in step; files may have one of them
        Ok(if ranges.is_empty() { vec![one.to_owned()] } else { ranges })
    }
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

/// Why a node has no address of `family` for AKO.
pub fn missing(node: Object<'_>, family: IpFamily) -> String {
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
