//! Kubernetes' windows of dual-stack support (kubernetes.md section 1), and what it checks and does not check in
//! objects (section 2).
//!
//! `K@x` is kubernetes/kubernetes at tag x, a path without it one in every release named; `observed` means seen on a
//! real kube-apiserver 1.36.3.

use super::{ABSENT, Cell, Claim, NO, YES, cell, declare_rows, limited, no, yes};
use crate::model::Release;

/// What holds from which minor release on.
const fn windows<const N: usize>(claims: [(u32, Claim); N]) -> [Cell; N] {
    let mut cells = [cell(None, None, YES); N];
    let mut i = 0;
    while i < N {
        let from = if i == 0 { None } else { Some(Release::new(1, claims[i].0, 0)) };
        let until = if i + 1 < N { Some(Release::new(1, claims[i + 1].0, 0)) } else { None };
        cells[i] = cell(from, until, claims[i].1);
        i += 1;
    }
    cells
}

declare_rows! { Kubernetes:
    GATE {
        "dual-stack-gate", "Feature gate IPv6DualStack",
        windows([
            (0, ABSENT), (16, limited("alpha, off; every component needs it")), (21, yes("on, may be switched off")),
            (23, yes("locked on: false is refused")), (25, no("unknown: any value is refused"))
        ]),
        source: "kubernetes.md 1.1; K@1.16.0 to 1.25.16:pkg/features/kube_features.go; observed",
    }
    KUBEADM_GATE {
        "kubeadm-dual-stack-gate", "kubeadm featureGates.IPv6DualStack",
        windows([(0, ABSENT), (16, limited("off unless given")), (21, yes("on unless given")), (24, no("unknown"))]),
        source: "kubernetes.md 1.1; cmd/kubeadm/app/features/features.go",
    }
    ENDPOINT_SLICE_GATE {
        "endpoint-slice-gate", "Gate EndpointSlice switched off beside a second range",
        windows([(0, YES), (20, NO), (21, YES)]),
        source: "kubernetes.md 1.1; K@1.20.15:cmd/kube-controller-manager/app/core.go, cmd/kube-apiserver \
                 options",
    }
    UNALLOCATED {
        "cluster-range-without-allocation", "Cluster ranges without --allocate-node-cidrs",
        windows([(0, limited("never read"))]),
        source: "kubernetes.md C1; K@1.36.3:cmd/kube-controller-manager/app/core.go newNodeIpamController; \
                 observed",
    }
    CLUSTER_RANGES {
        "cluster-ranges", "Cluster ranges of the controller manager",
        windows([(0, limited("one")), (16, limited("one, or one of each family in any order"))]),
        source: "kubernetes.md C2, C7; K@1.36.3:cmd/kube-controller-manager/app/core.go validateCIDRs; \
                 observed",
    }
    NODE_MASK {
        "node-mask", "Cluster range against node mask",
        windows([
            (0, limited("no smaller than a node's piece")),
            (16, limited("one mask, 24 by default, for both families; IPv6 at most 16 bits apart")),
            (17, limited("IPv4 24, IPv6 64 by default; IPv6 at most 16 bits apart"))
        ]),
        source: "kubernetes.md C3, C4; K@1.17.17, 1.36.3:pkg/controller/nodeipam/ipam/cidrset/cidr_set.go \
                 clusterSubnetMaxDiff; observed",
        note: "a difference of 0 leaves one node range for the whole cluster: a warning",
    }
    NODE_MASK_FLAGS {
        "node-mask-flags", "Node mask flags",
        windows([
            (0, limited("one flag for both families")),
            (17, limited("per family with the gate on, generic with the gate off")),
            (21, limited("per family with two ranges, generic with one")),
            (23, limited("per family; generic with one range only, and alone"))
        ]),
        source: "kubernetes.md C5; K@1.16.15:cmd/kube-controller-manager/app/options/nodeipamcontroller.go; \
                 K@1.29.15, 1.36.3:cmd/kube-controller-manager/app/core.go setNodeCIDRMaskSizes; observed",
    }
    SERVICE_RANGES {
        "service-ranges", "Service ranges",
        windows([(0, limited("one")), (16, limited("one, or one of each family; the first is the primary one"))]),
        source: "kubernetes.md C6, C7, C8, C11; observed",
        note: "the documentation names the controller manager's flag; the allocator reads the API server's",
    }
    SERVICE_RANGE_SIZE {
        "service-range-size", "Size of a Service range",
        windows([(0, limited("8 addresses to 20 host bits")), (34, limited("at least 8 addresses"))]),
        source: "kubernetes.md 1.1, C9; K@1.20.15, 1.36.3:cmd/kube-apiserver/app/options/validation.go \
                 validateMaxCIDRRange, validateClusterIPFlags; observed",
        note: "1.31 - 1.33 have no upper limit with both MultiCIDRServiceAllocator and DisableAllocatorDualWrite on",
    }
    ADVERTISE_ADDRESS {
        "advertise-address", "Family of --advertise-address",
        windows([(0, YES), (29, limited("that of the first Service range, unless the endpoint reconciler is none"))]),
        source: "kubernetes.md C10; observed",
    }
    PROXY_IPTABLES {
        "proxy-iptables", "Dual stack of kube-proxy in mode iptables",
        windows([(0, ABSENT), (16, NO), (18, YES)]),
        source: "kubernetes.md 1.1, C12; K@1.17.17, 1.18.20:cmd/kube-proxy/app/server_others.go",
    }
    PROXY_IPVS {
        "proxy-ipvs", "Dual stack of kube-proxy in mode ipvs",
        windows([(0, ABSENT), (16, YES), (35, limited("deprecated"))]),
        source: "kubernetes.md 1.1; K@1.35.0:cmd/kube-proxy/app/server_linux.go",
    }
    PROXY_NFTABLES {
        "proxy-nftables", "Dual stack of kube-proxy in mode nftables",
        windows([(0, NO), (29, limited("gate NFTablesProxyMode, off")), (31, yes("gate NFTablesProxyMode, on")), (33, YES)]),
        source: "kubernetes.md 1.1; pkg/features/kube_features.go NFTablesProxyMode",
    }
    PROXY_RANGES {
        "proxy-ranges", "Cluster ranges of kube-proxy",
        windows([
            (0, limited("one")), (16, limited("the gate's: two, each readable")),
            (18, limited("one, or one of each family")),
            (29, limited("one, or one of each family, in detectLocalMode ClusterCIDR"))
        ]),
        source: "kubernetes.md C12, C13; K@1.19.16, 1.20.15:pkg/proxy/apis/config/validation/validation.go",
        note: "the first page on 1.16 printed --cluster-cidrs, which no release has",
    }
    NODE_PORT_ADDRESSES {
        "node-port-addresses", "nodePortAddresses of one family under two cluster ranges",
        windows([(0, YES), (29, limited("no node ports for the other family; kube-proxy only logs it"))]),
        source: "kubernetes.md C14",
    }
    NODE_IP {
        "node-ip", "Two addresses in kubelet --node-ip",
        windows([(0, no("silently ignored")), (20, limited("needs the gate")), (23, YES)]),
        source: "kubernetes.md 1.1, C15; cmd/kubelet/app/server.go",
    }
    NODE_IP_CLOUD {
        "node-ip-cloud-provider", "Two addresses in kubelet --node-ip beside --cloud-provider",
        windows([
            (0, NO), (27, limited("external, with the gate CloudDualStackNodeIPs")), (29, limited("external")),
        ]),
        source: "kubernetes.md 1.1; pkg/features/kube_features.go CloudDualStackNodeIPs",
    }
    KUBENET {
        "kubenet", "kubenet under dual stack",
        windows([(0, ABSENT), (16, limited("lists IPv4 first whatever the order of the ranges")), (24, no("removed"))]),
        source: "kubernetes.md 1.1, C16; K@1.16.15:pkg/kubelet/dockershim/network/plugins.go GetPodIPs",
    }
    KUBEADM_SUBNETS {
        "kubeadm-subnets", "kubeadm podSubnet and serviceSubnet",
        windows([
            (0, limited("one")), (16, limited("one, or with the gate one of each family")),
            (21, limited("one, or one of each family"))
        ]),
        source: "kubernetes.md C17; K@1.36.3:cmd/kubeadm/app/apis/kubeadm/validation/validation.go \
                 ValidateNetworking",
    }
    KUBEADM_SIZES {
        "kubeadm-subnet-sizes", "Sizes of kubeadm's subnets",
        windows([
            (0, limited("10 addresses to 20 host bits for Services")),
            (20, limited("10 addresses to 20 host bits for Services; Pods at most 16 bits from the node mask"))
        ]),
        source: "kubernetes.md C9, C17; K@1.30.14, \
                 1.36.3:cmd/kubeadm/app/apis/kubeadm/validation/validation.go ValidatePodSubnetNodeMask, \
                 ValidateServiceSubnetSize",
    }
    NETWORK_PLUGIN {
        "network-plugin", "Pod network that knows one family",
        windows([(0, limited("Pods get one address"))]),
        source: "kubernetes.md C18; dual-stack documentation of Kubernetes 1.16, prerequisites",
    }
    MEMBERS {
        "dual-stack-members", "Nodes and Pods of a dual-stack cluster",
        windows([(0, ABSENT), (16, limited("a range and an address of each family"))]),
        source: "kubernetes.md C20; dual-stack documentation of Kubernetes, validation",
    }
    LEGACY_FAMILY {
        "legacy-ip-family", "spec.ipFamily of a Service",
        windows([(0, ABSENT), (16, limited("IPv4 or IPv6, for good")), (20, no("unknown field"))]),
        source: "kubernetes.md 1.1, 2.4; k8s.io/api@v0.19.16, v0.20.15:core/v1/types.go; \
                 K@1.18.20:pkg/apis/core/validation/validation.go ValidateServiceUpdate; observed",
    }
    FAMILY_FIELDS {
        "ip-families-fields", "ipFamilies, ipFamilyPolicy and clusterIPs of a Service",
        windows([(0, no("unknown fields")), (20, YES)]),
        source: "kubernetes.md 1.1, 2.4; k8s.io/api@v0.19.16, v0.20.15:core/v1/types.go ServiceSpec",
    }
    SERVICE_FAMILIES {
        "service-families", "Families of a Service",
        windows([(0, ABSENT), (20, limited("those of the cluster, each once; two unless SingleStack"))]),
        source: "kubernetes.md 2.2, 2.3; K@1.36.3:pkg/registry/core/service/storage/alloc.go \
                 initIPFamilyFields; observed",
    }
    CLUSTER_IPS {
        "cluster-ips", "Cluster IPs of a Service",
        windows([
            (0, limited("inside a Service range")),
            (20, limited("one of each family, in their order, inside the ranges"))
        ]),
        source: "kubernetes.md 2.3; observed",
    }
    STRICT_TEXT {
        "strict-address-text", "Addresses with leading zeros, IPv4-mapped ones, ranges with bits beyond the prefix",
        windows([(0, YES), (36, no("refused where they are new"))]),
        source: "kubernetes.md 1.1; pkg/features/kube_features.go StrictIPCIDRValidation; observed",
        note: "1.33 - 1.35 refuse them too with the gate StrictIPCIDRValidation on",
    }
    EXTERNAL_NAME {
        "external-name", "Family fields of an ExternalName Service",
        windows([(0, ABSENT), (20, no("refused"))]),
        source: "kubernetes.md 2.3; observed",
    }
    EXTERNAL_ACCESS {
        "external-access-fields", "Fields of Services with external access",
        windows([(0, limited("well-formed, and on the type they belong to"))]),
        source: "kubernetes.md 2.3; observed",
    }
    UNCHECKED_ADDRESSES {
        "unchecked-addresses", "loadBalancerIP, externalName and the families of sourceRanges and externalIPs",
        windows([(0, limited("never checked"))]),
        source: "kubernetes.md 2.3; observed",
    }
    LOAD_BALANCER_STATUS {
        "load-balancer-status", "Addresses in the status of a Service or an Ingress",
        windows([(0, limited("must parse; a hostname is no address"))]),
        source: "kubernetes.md 2.3, 2.5; observed",
        unenforced: "subresources are never judged",
    }
    ENDPOINT_SLICES {
        "endpoint-slices", "Addresses of an EndpointSlice",
        windows([(0, ABSENT), (16, limited("all of the one type, which never changes"))]),
        source: "kubernetes.md 2.5; observed",
    }
    NODE_POD_RANGES {
        "node-pod-ranges", "Pod ranges of a Node",
        windows([(0, limited("one")), (16, limited("at most one of each family"))]),
        source: "kubernetes.md 2.5; observed",
    }
    POD_ADDRESSES {
        "pod-addresses", "Addresses of a Pod and of its host",
        windows([(0, limited("one")), (16, limited("at most one of each family"))]),
        source: "kubernetes.md 2.5; observed",
    }
    SERVICE_CIDRS {
        "service-cidrs", "ServiceCIDR objects",
        windows([
            (0, ABSENT), (27, limited("alpha")), (31, limited("beta, off")),
            (33, limited("one range, or one of each family; fixed"))
        ]),
        source: "kubernetes.md 1.1, 2.5; observed",
    }
    POD_EGRESS {
        "pod-egress", "Way out of a unique local IPv6 Pod range (fc00::/7)",
        windows([(0, ABSENT), (16, limited("needs a plug-in or an agent that masquerades"))]),
        source: "kubernetes.md C19; seed 002",
        unenforced: "no input shows every agent of a cluster",
    }
    DESCRIBED_RELEASES {
        "described-releases", "Releases whose dual stack is described",
        windows([(0, limited("1.16 to 1.36"))]),
        source: "kubernetes.md 1.1",
        note: "a newer release is judged as the newest described",
    }
}
