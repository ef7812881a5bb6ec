//! A Cluster document read in either format, with the nodes where its author wrote them (kops.md section 1).

use ipnet::Ipv6Net;

use super::number;
use crate::facts::view::{Unknown, View};
use crate::model::{Kind, Node, Object};

/// The label that joins an InstanceGroup to its Cluster.
pub const CLUSTER_LABEL: &str = "kops.k8s.io/cluster";

/// The format of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `v1alpha2`: network fields right below `spec`.
    V1Alpha2,
    /// `v1alpha3`: network fields below `spec.networking`.
    V1Alpha3,
}

impl Format {
    fn of(object: Object<'_>) -> Self {
        if object.api_version().ends_with("/v1alpha3") { Self::V1Alpha3 } else { Self::V1Alpha2 }
    }

    /// The name in `apiVersion`.
    pub fn name(self) -> &'static str {
        match self {
            Self::V1Alpha2 => "v1alpha2",
            Self::V1Alpha3 => "v1alpha3",
        }
    }

    /// The CNIs' keys below `spec.networking`.
    pub fn cni_keys(self) -> &'static [&'static str] {
        match self {
            Self::V1Alpha2 => &[
                "calico",
                "cilium",
                "cni",
                "kindnet",
                "kubenet",
                "kopeio",
                "flannel",
                "canal",
                "weave",
                "kuberouter",
                "amazonvpc",
                "gce",
                "classic",
                "external",
                "romana",
                "lyftvpc",
            ],
            Self::V1Alpha3 => &[
                "calico",
                "cilium",
                "cni",
                "kindnet",
                "kubenet",
                "kopeio",
                "flannel",
                "canal",
                "weave",
                "kubeRouter",
                "amazonVPC",
                "gcp",
                "classic",
                "external",
                "romana",
                "lyftvpc",
            ],
        }
    }
}

/// A Cluster document.
#[derive(Clone, Copy, Debug)]
pub struct Cluster<'a> {
    /// The document.
    pub object: Object<'a>,
    /// Its format.
    pub format: Format,
}

impl<'a> Cluster<'a> {
    /// The Cluster that `object` is, if it is one.
    pub fn of(object: Object<'a>) -> Option<Self> {
        (object.kind() == Some(Kind::Cluster)).then(|| Self { object, format: Format::of(object) })
    }

    /// `spec`.
    pub fn spec(self) -> Node<'a> {
        self.object.spec()
    }

    /// `spec.networking`, where the CNIs stand in both formats.
    pub fn networking(self) -> Node<'a> {
        self.spec().at("networking")
    }

    /// Where the format keeps the fields of the network.
    pub fn network(self) -> Node<'a> {
        match self.format {
            Format::V1Alpha2 => self.spec(),
            Format::V1Alpha3 => self.networking(),
        }
    }

    /// The range that makes a cluster an IPv6 cluster.
    pub fn non_masquerade_cidr(self) -> Node<'a> {
        self.network().at("nonMasqueradeCIDR")
    }

    /// The VPC it is put into; absent when kOps makes one.
    pub fn network_id(self) -> Node<'a> {
        self.network().at("networkID")
    }

    /// Whether the VPC exists already.
    pub fn is_in_shared_vpc(self) -> bool {
        !self.network_id().text().is_empty()
    }

    /// Whether it is an IPv6 cluster: its nonMasqueradeCIDR is an IPv6 network.
    pub fn is_ipv6(self) -> bool {
        number::parse_network(self.non_masquerade_cidr().text()).is_some()
    }

    /// The name of its cloud, written as text or as the key of a map; empty when it names none.
    pub fn cloud(self) -> &'a str {
        let written = self.spec().at("cloudProvider");
        if written.is_map() {
            written.children().find(|cloud| !cloud.is_nothing()).map_or("", Node::key)
        } else {
            written.text()
        }
    }

    /// Whether it names a cloud other than AWS.
    pub fn is_outside_aws(self) -> bool {
        !matches!(self.cloud(), "" | "aws")
    }

    /// Whether it is an IPv6 cluster on the one cloud for which that is documented.
    pub fn is_ipv6_on_aws(self) -> bool {
        self.is_ipv6() && !self.is_outside_aws()
    }

    /// The CNIs it names, in the order of [`Format::cni_keys`].
    pub fn cnis(self) -> impl Iterator<Item = Node<'a>> {
        let networking = self.networking();
        self.format.cni_keys().iter().map(move |key| networking.at(key)).filter(|cni| !cni.is_nothing())
    }

    /// One CNI; absent when it is not used.
    pub fn cni(self, key: &str) -> Node<'a> {
        self.networking().at(key)
    }

    /// The range of Services: as written, else kOps' own for IPv6 clusters.
    pub fn service_range(self) -> Option<Ipv6Net> {
        match self.network().at("serviceClusterIPRange").text() {
            "" => number::parse_network("fd00:5e4f:ce::/108"),
            text => number::parse_network(text),
        }
    }

    /// Its subnets, in the order written.
    pub fn subnets(self) -> impl Iterator<Item = Subnet<'a>> {
        self.network().at("subnets").items().map(|node| Subnet { node })
    }
}

/// A subnet of a Cluster.
#[derive(Clone, Copy, Debug)]
pub struct Subnet<'a> {
    /// The entry of the list.
    pub node: Node<'a>,
}

impl<'a> Subnet<'a> {
    /// Its name.
    pub fn name(self) -> &'a str {
        self.node.at("name").text()
    }

    /// Its type, case-sensitive.
    pub fn kind(self) -> &'a str {
        self.node.at("type").text()
    }

    /// Its zone.
    pub fn zone(self) -> &'a str {
        self.node.at("zone").text()
    }

    /// Its IPv4 range; empty when there is none.
    pub fn cidr(self) -> &'a str {
        self.node.at("cidr").text()
    }

    /// Its IPv6 range, literal or as `/LEN#N`.
    pub fn ipv6_cidr(self) -> Node<'a> {
        self.node.at("ipv6CIDR")
    }

    /// Whether it has an IPv6 range.
    pub fn has_ipv6(self) -> bool {
        !self.ipv6_cidr().text().is_empty()
    }

    /// The id of an existing subnet; empty when kOps makes it.
    pub fn id(self) -> &'a str {
        self.node.at("id").text()
    }

    /// Where its outbound traffic goes.
    pub fn egress(self) -> &'a str {
        self.node.at("egress").text()
    }

    /// The public address its NAT gateway shall have.
    pub fn public_ip(self) -> &'a str {
        self.node.at("publicIP").text()
    }

    /// Whether kOps makes it and routes its traffic (kops.md section 4).
    pub fn is_managed(self) -> bool {
        self.id().is_empty() && self.egress() != "External"
    }

    /// Whether its nodes are hidden from the internet.
    pub fn is_private(self) -> bool {
        matches!(self.kind(), "Private" | "DualStack")
    }
}

impl<'a> View<'a> {
    /// The Cluster that is the subject.
    pub fn kops_cluster(&self) -> Option<Cluster<'a>> {
        Cluster::of(self.subject())
    }

    /// The subject, when it is an IPv6 cluster.
    pub fn kops_ipv6_cluster(&self) -> Option<Cluster<'a>> {
        self.kops_cluster().filter(|cluster| cluster.is_ipv6())
    }

    /// The subject, when it is an IPv6 cluster and names no cloud but AWS.
    pub fn kops_ipv6_cluster_on_aws(&self) -> Option<Cluster<'a>> {
        self.kops_cluster().filter(|cluster| cluster.is_ipv6_on_aws())
    }

    /// The Cluster an InstanceGroup belongs to; none when it names none, or one that does not exist.
    pub fn kops_cluster_of(&self, group: Object<'a>) -> Result<Option<Cluster<'a>>, Unknown> {
        let name = group.label(CLUSTER_LABEL).text();
        if name.is_empty() {
            return Ok(None);
        }
        Ok(self.find(Kind::Cluster, group.namespace(), name)?.and_then(Cluster::of))
    }
}
