//! kOps' IPv6 support (kops.md sections 2 to 5).
//!
//! `V` is `kubernetes/kops@v1.36.2:pkg/apis/kops/validation/validation.go`, `N` is
//! `kubernetes/kops@v1.36.2:pkg/model/awsmodel/network.go`; seed 004 is the page on IPv6 as of kOps 1.23.

use super::{Cell, Claim, NO, Support, YES, always, cell, declare_rows, limited, no, yes};
use crate::model::Release;

/// The releases of kOps in which something changed.
pub mod release {
    use crate::model::Release;

    /// The first release of a line, written or unwritten patch alike.
    pub const fn line(minor: u32) -> Release {
        Release { major: 1, minor, patch: None }
    }

    /// The line the founding document on IPv6 describes first.
    pub const DESCRIBED: Release = line(23);
    /// Ubuntu 22.04 joins Debian 11 on the list of images for Calico.
    pub const UBUNTU: Release = line(24);
    /// Debian leaves the list of images.
    pub const NO_DEBIAN: Release = line(26);
    /// external-dns is refused in IPv6 clusters.
    pub const NO_EXTERNAL_DNS: Release = line(26);
    /// external-dns writes AAAA records and is allowed again.
    pub const EXTERNAL_DNS: Release = line(27);
    /// Kubernetes before 1.22 is no longer run, and no longer checked for.
    pub const NO_OLD_KUBERNETES: Release = line(27);
    /// The external cloud controller manager is filled in.
    pub const FILLED_IN_CCM: Release = line(29);
    /// kindnet is known.
    pub const KINDNET: Release = line(32);
    /// Existing private subnets may be IPv6-only.
    pub const SHARED_IPV6_ONLY: Release = line(36);
}

/// One claim before `at`, another from it on.
const fn split(before: Claim, at: Release, after: Claim) -> [Cell; 2] {
    [cell(None, Some(at), before), cell(Some(at), None, after)]
}

/// Three claims, with the releases at which they change.
const fn three(first: Claim, a: Release, second: Claim, b: Release, third: Claim) -> [Cell; 3] {
    [cell(None, Some(a), first), cell(Some(a), Some(b), second), cell(Some(b), None, third)]
}

const fn four(c: [Claim; 4], at: [Release; 3]) -> [Cell; 4] {
    [
        cell(None, Some(at[0]), c[0]),
        cell(Some(at[0]), Some(at[1]), c[1]),
        cell(Some(at[1]), Some(at[2]), c[2]),
        cell(Some(at[2]), None, c[3]),
    ]
}

const fn absent(text: &'static str) -> Claim {
    (Support::Absent, text)
}

declare_rows! { Kops:
    MODE {
        "ipv6-mode", "IPv6 clusters, declared by nonMasqueradeCIDR",
        four(
            [
                absent("not described"),
                limited("::/0 only; behind the feature flag AWSIPv6"),
                limited("::/0 only; experimental"),
                limited("::/0 only; beta"),
            ],
            [release::line(22), release::line(24), release::line(26)],
        ),
        source: "kops.md K1; seed 004; kubernetes/kops@v1.36.2:pkg/apis/kops/validation/validation.go validateNetworking",
        note: "0::/0 and every other spelling of ::/0 is refused too",
    }
    CLOUD {
        "ipv6-cloud", "Clouds for IPv6 clusters and for IPv6 ranges of subnets",
        always(limited("AWS only")),
        source: "kops.md K2, K3; seed 004; kubernetes/kops@v1.36.2:pkg/apis/kops/validation/validation.go validateSubnets",
        note: "1.36 has IPv6 code for GCE and bare metal and does not refuse such clusters; the page still says AWS only, and the page is followed",
    }
    CLOUD_CONTROLLER {
        "external-cloud-controller", "External cloud controller manager in IPv6 clusters",
        three(
            absent("not described"),
            release::DESCRIBED,
            limited("must be written, an empty map will do"),
            release::FILLED_IN_CCM,
            yes("filled in"),
        ),
        source: "kops.md K4; seed 004; kubernetes/kops@release-1.27:pkg/apis/kops/validation/validation.go; kubernetes/kops@v1.36.2:pkg/model/components/awscloudcontrollermanager.go",
    }
    CNI {
        "ipv6-cni", "CNIs of IPv6 clusters",
        always(limited("calico, cilium or cni, and one of them only")),
        source: "kops.md K5, K7; seed 004; kubernetes/kops@v1.36.2:pkg/apis/kops/validation/validation.go validateNetworking",
        note: "weave and canal are refused by name in the releases that still know them, and unknown later",
    }
    KINDNET {
        "kindnet", "kindnet in IPv6 clusters",
        split(no("unknown"), release::KINDNET, limited("works, but is not on the page's list")),
        source: "kops.md K6; kubernetes/kops@v1.36.2:tests/integration/update_cluster/minimal-ipv6-kindnet; pull 17190",
    }
    MASQUERADING {
        "cni-masquerading", "CNI that masquerades IPv6 traffic",
        always(NO),
        source: "kops.md K8; seed 004",
        note: "not checked by kOps, whose default is right",
    }
    CALICO_SETTINGS {
        "calico-settings", "Calico's settings in IPv6 clusters",
        always(limited("no encapsulation, awsSrcDstCheck DoNothing, no WireGuard")),
        source: "kops.md K9; kubernetes/kops@v1.36.2:pkg/apis/kops/validation/validation.go validateNetworkingCalico",
    }
    CALICO_WITHOUT_ENCAPSULATION {
        "calico-without-encapsulation", "Calico without encapsulation",
        always(limited("in IPv6 clusters only")),
        source: "kops.md K10; kubernetes/kops@v1.36.2:pkg/apis/kops/validation/validation.go validateNetworkingCalico",
    }
    CILIUM_SETTINGS {
        "cilium-settings", "Cilium's settings in IPv6 clusters",
        always(limited("no encryption, no ENI address management")),
        source: "kops.md K11; kubernetes/kops@v1.36.2:pkg/apis/kops/validation/validation.go validateNetworkingCilium",
    }
    CALICO_DETECTION {
        "calico-ipv6-detection", "Calico's IPv6 address detection",
        always(limited("first-found, can-reach=IPv6 address, interface=..., skip-interface=...")),
        source: "kops.md K12; kubernetes/kops@v1.36.2:pkg/apis/kops/validation/validation.go validateCalicoAutoDetectionMethod",
    }
    POD_RANGE {
        "ipv6-pod-range", "Range of Pods in IPv6 clusters",
        always(limited("IPv6 only")),
        source: "kops.md K13; kubernetes/kops@v1.36.2:pkg/apis/kops/validation/validation.go validateNetworking",
    }
    SERVICE_RANGE {
        "ipv6-service-range", "Range of Services",
        always(limited("IPv6 in IPv6 clusters, IPv4 in all others")),
        source: "kops.md K14; seed 004",
        note: "not checked by kOps; the default of IPv6 clusters is fd00:5e4f:ce::/108",
    }
    SUBNET_NUMBER {
        "ipv6-subnet-number", "Subnet range as /LEN#N",
        always(limited("LEN decimal up to 128, N lower-case hexadecimal, inside the VPC's range")),
        source: "kops.md K15, section 3; seed 004; kubernetes/kops@v1.36.2:upup/pkg/fi/utils/net.go ParseCIDRNotation, CIDRSubnet",
        note: "a block larger than the VPC's range is not refused by kOps, which computes a wrong network; one beyond it fails when applying",
    }
    SUBNET_LENGTH {
        "ipv6-subnet-length", "Length of a subnet's IPv6 range",
        always(limited("/44 to /64 in steps of 4; /64 is always safe")),
        source: "kops.md section 3, cloud limits; AWS documentation of subnet sizes, not verified",
    }
    SUBNET_BLOCK {
        "ipv6-subnet-block", "Subnet range as a literal network",
        always(limited("IPv6, no bits beyond its length, outside the Service range")),
        source: "kops.md K16; kubernetes/kops@v1.36.2:pkg/apis/kops/validation/validation.go validateIPv6CIDR, parseCIDR",
    }
    SUBNET_OVERLAP {
        "ipv6-subnet-overlap", "Subnets that share IPv6 addresses",
        always(NO),
        source: "kops.md K17; AWS CreateSubnet",
        note: "not checked by kOps; the cloud refuses the later subnet halfway through the run",
    }
    SUBNET_IN_POOL {
        "ipv6-subnet-outside-vpc", "Literal subnet range outside the VPC's",
        always(NO),
        source: "kops.md K18; AWS CreateSubnet",
        note: "not checked by kOps; can be told only where the VPC's range is known",
    }
    SHARED_VPC {
        "ipv6-shared-vpc", "IPv6 cluster in an existing VPC",
        always(limited("the VPC must have an IPv6 range")),
        source: "kops.md K19; seed 004",
    }
    DUAL_STACK_SUBNET {
        "dual-stack-subnet", "Subnet type DualStack",
        always(limited("in IPv6 clusters only")),
        source: "kops.md K20; kubernetes/kops@v1.36.2:pkg/apis/kops/validation/validation.go validateSubnet",
    }
    IPV6_ONLY_SUBNET {
        "ipv6-only-subnet", "Private subnet without an IPv4 range",
        split(
            limited("in IPv6 clusters, not for existing subnets, from Kubernetes 1.22 on"),
            release::SHARED_IPV6_ONLY,
            limited("in IPv6 clusters"),
        ),
        source: "kops.md K21, K22; kubernetes/kops@v1.36.2:upup/pkg/fi/cloudup/subnets.go; issue 18078",
        note: "kOps 1.27 and later run no Kubernetes older than 1.22 and no longer check",
    }
    EGRESS {
        "egress", "Egress of subnets in IPv6 clusters",
        always(limited("nat-, eipalloc-, tgw- or External, the same in a zone")),
        source: "kops.md K23, section 4; kubernetes/kops@v1.36.2:pkg/apis/kops/validation/validation.go validateSubnet; kubernetes/kops@v1.36.2:pkg/model/awsmodel/network.go",
        note: "a NAT instance leaves the NAT64 route without a target, and the run aborts",
    }
    NAT_GATEWAY {
        "nat-gateway-place", "Place of a zone's NAT gateway",
        always(limited("the only Utility subnet, else the only Public one")),
        source: "kops.md section 4; kubernetes/kops@v1.36.2:pkg/model/awsmodel/network.go, context.go",
        note: "the page promises the first-listed Public subnet; every release from 1.23 to 1.36 stops when there are two, and that is followed",
    }
    IMAGES {
        "ipv6-images", "Machine images of IPv6 clusters",
        four(
            [
                absent("not described"),
                limited("with Calico Debian 11"),
                limited("with Calico Debian 11 or Ubuntu 22.04 and later"),
                limited("no Debian; with Calico Ubuntu 22.04 and later, or Flatcar"),
            ],
            [release::DESCRIBED, release::UBUNTU, release::NO_DEBIAN],
        ),
        source: "kops.md K24, section 5; seed 004; kubernetes/kops@v1.36.2:docs/networking/ipv6.md",
        note: "not checked by kOps; seed 004 says the opposite for 1.23, each release is held to its own page",
    }
    MIXED_SUBNET_TYPES {
        "mixed-subnet-types", "InstanceGroup over subnets of several types",
        always(NO),
        source: "kops.md K25; kubernetes/kops@v1.36.2:pkg/model/context.go GatherSubnets",
    }
    EXTERNAL_DNS {
        "external-dns", "external-dns in IPv6 clusters",
        three(limited("no AAAA records"), release::NO_EXTERNAL_DNS, NO, release::EXTERNAL_DNS, YES),
        source: "kops.md K26; seed 004; kubernetes/kops@release-1.26:pkg/apis/kops/validation/validation.go",
    }
    CLASSIC_LOAD_BALANCER {
        "classic-api-load-balancer", "Classic load balancer for the API of an IPv6 cluster",
        always(limited("does not reach IPv6-only targets")),
        source: "kops.md K27; pull 13030",
        note: "inferred; kOps does not check",
    }
    SUBNET_WITHOUT_RANGE {
        "subnet-without-ipv6", "Subnet without an IPv6 range in an IPv6 cluster",
        always(limited("its nodes get no IPv6")),
        source: "kops.md K28",
    }
    FIELD_PLACES {
        "field-places", "Network fields by format",
        always(limited("v1alpha2 below spec, v1alpha3 below spec.networking")),
        source: "kops.md K29, section 1; kubernetes/kops@v1.36.2:pkg/apis/kops/v1alpha3/networking.go",
        note: "a field in the other format's place is dropped without a word",
    }
    NODE_ADDRESSES {
        "node-addresses", "Addresses of Pods and nodes in IPv6 clusters",
        split(
            yes("IPv6-only Pods, dual-stack nodes"),
            release::line(24),
            yes("IPv6-only Pods; IPv6-only nodes in Private subnets, dual-stack nodes elsewhere"),
        ),
        source: "kops.md section 2; seed 004",
    }
    NAT64 {
        "nat64-route", "Route for NAT64, 64:ff9b::/96, in IPv6 clusters",
        always(yes("from Private, DualStack and IPv6 Public subnets to the zone's egress")),
        source: "kops.md section 4; seed 004; kubernetes/kops@v1.36.2:pkg/model/awsmodel/network.go",
        note: "the route belongs to the zone's private table: a Private subnet without IPv6 has it too",
    }
    DESCRIBED_RELEASES {
        "described-releases", "Releases of kOps whose IPv6 clusters are described",
        always(limited("1.22 to 1.36; kubernetesVersion is a version or the address of a build")),
        source: "kops.md, head of the sheet",
        note: "a newer release is judged as the newest described",
    }
}
