//! Whether Pods with unique local IPv6 addresses get out of their cluster (kubernetes.md C19).

use ipnet::{IpNet, Ipv6Net};

use super::component::{CLUSTER_CIDR, Component, of};
use super::range::parse;
use crate::facts::ako::config::Config;
use crate::model::{Kind, Lookup, Node, Object, Profile, Snapshot};

/// Parts of the names of images that masquerade IPv6 unless told not to: the agent of kubernetes-sigs/ip-masq-agent, in
/// whatever packaging; kindnet; Antrea (`noSNAT` is false by default); Cilium (docs.cilium.io, Masquerading).
const IMAGES: [&str; 4] = ["ip-masq-agent", "kindnetd", "antrea", "cilium"];

/// The ranges of Pods in fc00::/7, which no network outside routes back to, where nothing among the inputs hides them
/// behind the addresses of nodes. Something outside the inputs may, so this is worth a remark and never a finding.
pub fn stranded(snapshot: &Snapshot, profile: &Profile) -> Vec<Ipv6Net> {
    let mut ranges: Vec<Ipv6Net> = ranges(snapshot).into_iter().filter(is_unique_local).collect();
    if ranges.is_empty() || masquerades(snapshot, profile) {
        return Vec::new();
    }
    ranges.sort();
    ranges.dedup();
    ranges
}

fn is_unique_local(range: &Ipv6Net) -> bool {
    range.addr().is_unique_local()
}

/// The IPv6 ranges of Pods: those of the cluster where a document says them, else those of its Nodes.
fn ranges(snapshot: &Snapshot) -> Vec<Ipv6Net> {
    let kinds = [Kind::ClusterFlags, Kind::ClusterConfiguration, Kind::Pod];
    let flags = kinds.into_iter().flat_map(|kind| snapshot.all(kind)).flat_map(of);
    let managers = flags.filter(|flags| flags.component == Component::ControllerManager);
    let written: Vec<String> =
        managers.filter_map(|flags| flags.get(CLUSTER_CIDR)).flat_map(|flag| flag.values()).collect();
    if !written.is_empty() {
        return written.iter().filter_map(|text| ipv6(text)).collect();
    }
    let of_node = |node: Object<'_>| -> Vec<Ipv6Net> {
        node.spec().at("podCIDRs").items().filter_map(|range| ipv6(range.text())).collect()
    };
    snapshot.all(Kind::Node).flat_map(of_node).collect()
}

fn ipv6(text: &str) -> Option<Ipv6Net> {
    match parse(text)? {
        IpNet::V6(range) => Some(range),
        IpNet::V4(_) => None,
    }
}

/// Whether something among the inputs masquerades IPv6.
fn masquerades(snapshot: &Snapshot, profile: &Profile) -> bool {
    if let Lookup::Found(cilium) = snapshot.get(Kind::ConfigMap, "kube-system", "cilium-config") {
        return cilium.root().at("data").at("enable-ipv6-masquerade").text() != "false";
    }
    let namespace = &profile.ako_namespace.value;
    let configs = [Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues].into_iter();
    let mut configs = configs.flat_map(|kind| snapshot.all(kind));
    // what AKO is told about the cluster
    let by_plugin = configs.any(|object| {
        Config::of(object, namespace)
            .is_some_and(|config| matches!(config.cni().as_str(), "antrea" | "cilium"))
    });
    by_plugin || snapshot.all(Kind::Pod).any(|pod| pod.spec().at("containers").items().any(is_masquerading))
}

/// Whether a container masquerades. Calico's pool does so only if told
/// (docs.tigera.io, Configuring calico/node: `CALICO_IPV6POOL_NAT_OUTGOING`, false by default).
fn is_masquerading(container: Node<'_>) -> bool {
    let name = container.at("image").text().rsplit('/').next().unwrap_or_default();
    let calico = |variable: Node<'_>| {
        variable.at("name").text() == "CALICO_IPV6POOL_NAT_OUTGOING" && variable.at("value").text() == "true"
    };
    IMAGES.iter().any(|image| name.contains(image)) || container.at("env").items().any(calico)
}
