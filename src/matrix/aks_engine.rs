//! AKS Engine's dual-stack support (aks-engine.md section 3). Cells are releases of the tool.

use super::{ABSENT, Cell, Claim, NO, YES, always, cell, declare_rows, limited, yes};
use crate::model::Release;

const fn minor(minor: u32) -> Release {
    Release { major: 0, minor, patch: None }
}

const fn from(release: u32, before: Claim, after: Claim) -> [Cell; 2] {
    let boundary = Some(minor(release));
    [cell(None, boundary, before), cell(boundary, None, after)]
}

const fn modes(none: Claim, any: Claim, bridge: Claim, transparent: Claim) -> [Cell; 4] {
    let (first, second, third) = (Some(minor(50)), Some(minor(58)), Some(minor(68)));
    [
        cell(None, first, none),
        cell(first, second, any),
        cell(second, third, bridge),
        cell(third, None, transparent),
    ]
}

declare_rows! { AksEngine:
    RANGE_SYNTAX {
        "range-syntax", "Form of clusterSubnet and serviceCidr",
        always(limited("networks parted by commas without blanks")),
        source: "aks-engine.md section 1; Azure/aks-engine@v0.79.0:pkg/api/vlabs/validate.go",
    }
    AZURE_STACK_HUB {
        "azure-stack-hub", "Dual-stack on Azure Stack Hub",
        always(NO),
        source: "aks-engine.md A1; the dual-stack page's first line; \
                 Azure/aks-engine@v0.79.0:pkg/api/vlabs/types.go IsAzureStackCloud",
        note: "the tool does not refuse it; a custom cloud of another name is not Azure Stack Hub",
    }
    KUBERNETES {
        "dual-stack-kubernetes", "Kubernetes of a dual-stack cluster",
        always(limited("1.16.0 and later")),
        source: "aks-engine.md A2; \
                 Azure/aks-engine@v0.79.0:pkg/api/vlabs/validate.go KubernetesConfig.Validate",
    }
    NETWORK_PLUGIN {
        "network-plugin", "Network plug-in of a dual-stack cluster",
        from(50, limited("kubenet"), limited("kubenet, azure")),
        source: "aks-engine.md A3 and section 3; \
                 Azure/aks-engine@v0.79.0:pkg/api/vlabs/validate.go KubernetesConfig.Validate; \
                 Azure/aks-engine@v0.79.0:pkg/api/convertertoapi.go",
        note: "without any kubernetesConfig the plug-in is azure",
    }
    NETWORK_POLICY {
        "network-policy-with-azure", "Network policy beside Azure CNI in a dual-stack cluster",
        from(50, ABSENT, NO),
        source: "aks-engine.md A4; \
                 Azure/aks-engine@v0.79.0:pkg/api/vlabs/validate.go KubernetesConfig.Validate",
    }
    NETWORK_MODE {
        "network-mode", "Mode of Azure CNI in a dual-stack cluster",
        modes(
            ABSENT,
            YES,
            limited("bridge, and it must be written"),
            limited("transparent, the default; bridge is to be deprecated")
        ),
        source: "aks-engine.md A5, A6, A7; Azure/aks-engine@v0.79.0:pkg/api/vlabs/validate.go; \
                 Azure/aks-engine@v0.79.0:pkg/api/defaults.go setOrchestratorDefaults; \
                 Azure/aks-engine@v0.79.0:examples/dualstack/README.md",
        note: "only the azure plug-in has a mode",
    }
    PROXY_MODE {
        "proxy-mode", "Mode of kube-proxy in a dual-stack cluster",
        from(
            48,
            limited("ipvs from Kubernetes 1.16"),
            limited("ipvs from Kubernetes 1.16, iptables from 1.18")
        ),
        source: "aks-engine.md A8; \
                 Azure/aks-engine@v0.79.0:pkg/api/vlabs/validate.go KubernetesConfig.Validate; \
                 Azure/aks-engine@v0.79.0:pkg/api/defaults.go; \
                 Azure/aks-engine@v0.79.0:examples/dualstack/README.md",
        note: "nothing written means iptables, which the tool lets pass on any version",
    }
    WINDOWS_POOLS {
        "windows-pools", "Windows pools in a dual-stack cluster",
        from(61, NO, limited("Kubernetes 1.19 and later, with orchestratorVersion written out")),
        source: "aks-engine.md A9; \
                 Azure/aks-engine@v0.79.0:pkg/api/vlabs/validate.go validateAgentPoolProfiles; \
                 Azure/aks-engine@v0.79.0:examples/dualstack/README.md",
        note: "the tool compares the version as written, so that it refuses a good model with orchestratorRelease only",
    }
    WINDOWS_IMAGE {
        "windows-image", "Windows image in a dual-stack cluster",
        from(61, ABSENT, limited("Windows version 2004 and later")),
        source: "aks-engine.md A10, A11; Azure/aks-engine@v0.79.0:pkg/api/azenvtypes.go; \
                 Azure/aks-engine@v0.79.0:examples/dualstack/README.md",
        note: "the tool does not check it; its own images are Server 2019, which is version 1809",
    }
    FLATCAR {
        "flatcar-pools", "Flatcar pools in a dual-stack cluster",
        always(NO),
        source: "aks-engine.md A12; \
                 Azure/aks-engine@v0.79.0:pkg/api/vlabs/validate.go validateAgentPoolProfiles",
        note: "the master's distribution is unchecked since 0.50",
    }
    CLUSTER_SUBNET {
        "cluster-subnet-pair", "Pod ranges of a dual-stack cluster",
        always(limited("one IPv4 and one IPv6 range")),
        source: "aks-engine.md A13; \
                 Azure/aks-engine@v0.79.0:pkg/api/vlabs/validate.go KubernetesConfig.Validate; \
                 Azure/aks-engine@v0.79.0:pkg/api/defaults.go setOrchestratorDefaults",
        note: "the tool refuses more than two; two of one family pass it",
    }
    CLUSTER_SUBNET_ORDER {
        "cluster-subnet-order", "Order of the pod ranges of a dual-stack cluster",
        always(limited("IPv4 first")),
        source: "aks-engine.md A14; Azure/aks-engine@v0.79.0:pkg/api/defaults.go",
        note: "Azure CNI takes the master subnet from the first range; with kubenet reports go by position",
    }
    NODE_MASK {
        "ipv6-node-mask", "Bits between the IPv6 pod range and each node's part of it",
        always(limited("0 to 16")),
        source: "aks-engine.md A15; \
                 kubernetes/kubernetes@v1.36.3:pkg/controller/nodeipam/ipam/cidrset/cidr_set.go; \
                 Azure/aks-engine issue #2868",
        note: "each node gets a /64, on Kubernetes 1.16 a /24 that cannot be changed",
    }
    NODE_MASK_FLAG {
        "ipv6-node-mask-flag", "--node-cidr-mask-size-ipv6 in controllerManagerConfig",
        always(limited("kubenet from Kubernetes 1.17; azure from 1.17 to 1.19")),
        source: "aks-engine.md A16, A17; Azure/aks-engine@v0.79.0:pkg/api/defaults-controller-manager.go; \
                 Azure/aks-engine issue #4144",
    }
    SERVICE_CIDR {
        "service-cidr-pair", "Service ranges of a dual-stack cluster",
        always(limited("one IPv4 and one IPv6 range")),
        source: "aks-engine.md A18; \
                 Azure/aks-engine@v0.79.0:pkg/api/vlabs/validate.go KubernetesConfig.Validate; \
                 Azure/aks-engine@v0.79.0:pkg/api/defaults.go",
        note: "the tool counts them only",
    }
    DNS_SERVICE_IP {
        "dns-service-ip", "Address of the cluster DNS in a dual-stack cluster",
        always(limited("inside the first Service range, written together with it")),
        source: "aks-engine.md A19; \
                 Azure/aks-engine@v0.79.0:pkg/api/vlabs/validate.go KubernetesConfig.Validate; \
                 Azure/aks-engine@v0.79.0:pkg/api/common CidrFirstIP",
    }
    SERVICE_CIDR_SIZE {
        "service-cidr-size", "Largest Service range of a dual-stack cluster",
        always(limited("IPv4 /12, IPv6 /108")),
        source: "aks-engine.md A20; the API server's limit of 20 bits for these versions",
        note: "the tool does not check it",
    }
    LOAD_BALANCER {
        "ipv6-frontends", "IPv6 frontends of the load balancer",
        always(limited("Standard 600, Basic 1")),
        source: "aks-engine.md A21, A29; Azure/aks-engine@v0.79.0:examples/dualstack/README.md; \
                 Azure/aks-engine@v0.79.0:pkg/api/defaults.go",
    }
    EXCLUSIVE_FLAGS {
        "exclusive-flags", "enableIPv6DualStack together with enableIPv6Only",
        always(NO),
        source: "aks-engine.md A23; \
                 Azure/aks-engine@v0.79.0:pkg/api/vlabs/validate.go KubernetesConfig.Validate",
    }
    IPV6_ONLY {
        "ipv6-only", "IPv6-only clusters",
        always(limited("Kubernetes 1.18 and later, kubenet, Linux but not Flatcar, IPv6 ranges")),
        source: "aks-engine.md A24; Azure/aks-engine@v0.79.0:pkg/api/vlabs/validate.go",
        note: "the tool does not look at the family of the ranges",
    }
    SINGLE_RANGES {
        "ranges-without-dual-stack", "Ranges of a cluster without enableIPv6DualStack",
        always(limited("one clusterSubnet, one serviceCidr")),
        source: "aks-engine.md A25; \
                 Azure/aks-engine@v0.79.0:pkg/api/vlabs/validate.go KubernetesConfig.Validate",
    }
    SERVICE_FAMILY_FIELDS {
        "service-family-fields", "Family fields of Services",
        always(limited("spec.ipFamily on Kubernetes 1.16 to 1.19, spec.ipFamilies and ipFamilyPolicy from 1.20")),
        source: "aks-engine.md A26; \
                 k8s.io/api@v0.19.16:core/v1/types.go, k8s.io/api@v0.20.15:core/v1/types.go",
    }
    INTERNAL_LOAD_BALANCER {
        "internal-ipv6-load-balancer", "IPv6 Services behind an internal load balancer",
        always(limited("not up to Kubernetes 1.20")),
        source: "aks-engine.md A27; Azure/aks-engine issue #4428",
        note: "when it was lifted is not established, so that later versions warn",
    }
    SUBNET_SIZE {
        "cluster-subnet-size", "Smallest pod range with Azure CNI",
        always(limited("more than 8 host bits")),
        source: "aks-engine.md A28; \
                 Azure/aks-engine@v0.79.0:pkg/api/vlabs/validate.go KubernetesConfig.Validate",
    }
    MACHINE_SUBNET {
        "machine-subnet", "IPv6 subnet of the machines in a dual-stack cluster",
        always(yes("2001:1234:5678:9abc::/64 in a VNET of 2001:1234:5678:9a00::/56, fixed")),
        source: "aks-engine.md section 2; Azure/aks-engine@v0.79.0:pkg/api/const.go",
    }
    DESCRIBED_RELEASES {
        "described-releases", "Releases whose dual stack is described",
        always(limited("0.47 to 0.79.0, the last one")),
        source: "aks-engine.md, head of the sheet and section 3",
        note: "a newer release is judged as the last one",
    }
}
