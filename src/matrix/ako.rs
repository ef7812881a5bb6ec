//! AKO's support matrix (ako.md section 2), and the limits of its configuration (sections 3 and 6).
//!
//! `R` is vmware/load-balancer-and-ingress-services-for-kubernetes, `R@1.9.3` its branch release-1.9.3; `PD 1.12`
//! is the vendor's product documentation on IPv6 support of that AKO release.

use super::{ABSENT, Cell, Claim, NO, Support, YES, cell, declare_rows, limited, no, yes};
use crate::model::Release;

const LAYER7: Option<Release> = Some(Release::new(1, 9, 0));
const DUAL: Option<Release> = Some(Release::new(1, 12, 0));
const OPTIONAL_SLICES: Option<Release> = Some(Release::new(1, 13, 0));
const SLICES: Option<Release> = Some(Release::new(1, 14, 0));

/// One cell for each era: 1.8.x and before, 1.9.1 - 1.11.5, 1.12.x, 1.13.x, 1.14.1 and later.
const fn eras([e0, e1, e2, e3, e4]: [Claim; 5]) -> [Cell; 5] {
    [
        cell(None, LAYER7, e0),
        cell(LAYER7, DUAL, e1),
        cell(DUAL, OPTIONAL_SLICES, e2),
        cell(OPTIONAL_SLICES, SLICES, e3),
        cell(SLICES, None, e4),
    ]
}

declare_rows! { Ako:
    L7_IPV6_VIP {
        "l7-ipv6-vip", "IPv6 or dual VIP for Ingress and Route by v6cidr",
        eras([limited("tech preview"), YES, YES, YES, YES]),
        source: "CHANGELOG 1.8.1, 1.9.1; R@*:internal/lib/lib.go UpdateV6",
        note: "releases before 1.8.1 have no IPv6 at all",
    }
    L4_IPV6_VIP {
        "l4-ipv6-vip", "IPv6 VIP for a Service of type LoadBalancer",
        eras([NO, NO, YES, YES, YES]),
        source: "R@1.9.3:docs/ipv6-support.md; CHANGELOG 1.12.1; PD 1.12, 1.13; R@1.12.1:internal/rest/avi_obj_vsvip.go",
        note: "1.9.1 - 1.11.5 never refuse it: the VIP's families come from the VIP network alone (observed)",
    }
    PREFERRED_IPV6_ADDRESS {
        "preferred-ipv6-address", "Preferred IPv6 VIP address (spec, annotation or L4Rule)",
        eras([NO, no("sent to the controller as IPv4"), YES, YES, YES]),
        source: "R@1.11.5 and R@1.12.1:internal/rest/avi_obj_vsvip.go AviVsVipBuild",
    }
    IP_FAMILY_VALUES {
        "ip-family-values", "Accepted values of ipFamily",
        eras([limited("V4 V6"), limited("V4 V6"), limited("V4 V6 V4_V6"), limited("V4 V6 V4_V6"), limited("V4 V6 V4_V6")]),
        source: "R@*:internal/lib/lib.go IsValidV6Config",
        note: "exact upper case; anything else keeps AKO from starting on an IPv6 cloud",
    }
    IP_FAMILY_DEFAULT {
        "ip-family-default", "Meaning of an empty ipFamily",
        eras([
            yes("V4"), yes("V4"), yes("V4_V6 on IPv6 clouds, else V4"), yes("V4_V6 on IPv6 clouds, else V4"),
            yes("V4_V6 on IPv6 clouds, else V4")
        ]),
        source: "R@*:internal/lib/lib.go SetIPFamily",
        note: "docs/values.md still says V4 for every release; the code is followed",
    }
    IPV6_CLOUDS {
        "ipv6-clouds", "Clouds with IPv6",
        eras([
            limited("vCenter"), limited("vCenter"), limited("vCenter; by code NSX-T and no-access"),
            limited("vCenter; by code NSX-T and no-access"), limited("by code vCenter, NSX-T, no-access")
        ]),
        source: "R@*:internal/lib/lib.go SetIPFamily, IsV6EnabledCloud; PD 1.12, 1.13; R@2.1.1:docs/values.md",
        note: "no documents are published for 1.14.1 and later; NSX-T and no-access work by code while the \
               documents name vCenter only: a warning",
    }
    IPV6_CNIS {
        "ipv6-cnis", "CNI plug-ins with IPv6",
        eras([
            limited("calico"), limited("calico antrea"), limited("calico antrea"), limited("calico antrea"),
            limited("calico antrea")
        ]),
        source: "CHANGELOG 1.8.1, 1.9.1; R@1.9.3:docs/ipv6-support.md; PD",
        note: "not enforced by AKO's code",
    }
    SERVICE_TYPES {
        "ipv6-service-types", "Pool modes (serviceType) with IPv6",
        eras([
            limited("ClusterIP; NodePort is broken"), limited("ClusterIP NodePort"), limited("ClusterIP NodePort"),
            limited("ClusterIP NodePort"), limited("ClusterIP NodePort")
        ]),
        source: "R@1.9.3:docs/ipv6-support.md; CHANGELOG 1.9.1",
    }
    NODE_PORT_LOCAL {
        "ipv6-node-port-local", "IPv6 with NodePortLocal",
        eras([NO, NO, NO, NO, NO]),
        source: "R@1.9.3:docs/ipv6-support.md; PD 1.11",
        note: "no later statement of support exists; the code filters NodePortLocal servers by family in every release",
    }
    OPENSHIFT {
        "ipv6-openshift", "IPv6 on OpenShift",
        eras([NO, NO, NO, NO, NO]),
        source: "R@1.9.3:docs/ipv6-support.md; PD 1.12 matrix and platform row; PD 1.13 platform row",
        note: "no document speaks of 1.14.1 and later; nothing says it became supported",
    }
    CONTROLLER_ADDRESS {
        "ipv6-controller-address", "IPv6 address of the Avi controller",
        eras([NO, NO, yes("one address"), yes("one address"), yes("one address")]),
        source: "R@1.9.3:docs/ipv6-support.md; CHANGELOG 1.12.1; PD 1.12",
    }
    API_SERVER_ADDRESS {
        "ipv6-api-server", "IPv6 address of the Kubernetes API server",
        eras([NO, NO, YES, YES, YES]),
        source: "R@1.9.3:docs/ipv6-support.md; PD 1.12, 1.13",
        note: "not enforced by AKO's code",
    }
    CLUSTER_FAMILIES {
        "cluster-families", "Families of the cluster's Pods and Services",
        eras([
            limited("those of ipFamily; empty means V4"), limited("those of ipFamily; empty means V4"),
            limited("those of ipFamily"), limited("those of ipFamily"), limited("those of ipFamily")
        ]),
        source: "R@*:internal/nodes/avi_model_l4_translator.go PopulateServers; ako.md 4.1",
        note: "not enforced by AKO's code: pools stay empty",
    }
    CLUSTER_CNI {
        "cluster-cni", "CNI plug-in of the cluster",
        eras([
            limited("the one in cniPlugin"), limited("the one in cniPlugin"), limited("the one in cniPlugin"),
            limited("the one in cniPlugin"), limited("the one in cniPlugin")
        ]),
        source: "R@*:internal/lib/dynamic_client.go GetCNIPlugin, GetPodCIDR",
        note: "not enforced by AKO's code: it reads addresses and Pod networks where that plug-in would write them",
    }
    MIXED_FAMILY_POOL {
        "mixed-family-pool", "Servers of both families in one pool",
        eras([NO, NO, limited("only a Service's first family arrives"), yes("with EndpointSlices"), YES]),
        source: "R@*:internal/nodes/avi_model_l4_translator.go PopulateServers; kubernetes endpoints controller",
    }
    FAMILY_SOURCE {
        "pool-family-source", "What decides the family of pool servers",
        eras([
            yes("ipFamily"), yes("ipFamily"), yes("the Service's ipFamilies within ipFamily"),
            yes("the Service's ipFamilies within ipFamily"), yes("the Service's ipFamilies within ipFamily")
        ]),
        source: "R@*:internal/nodes/avi_model_l4_translator.go PopulateServers",
        note: "a Service outside of it gets a pool without servers, with a log line only",
    }
    LOAD_BALANCER_CLASS {
        "load-balancer-class", "spec.loadBalancerClass is honoured",
        eras([NO, NO, YES, YES, YES]),
        source: "CHANGELOG 1.12.1; ValidateSvcforClass is absent before",
    }
    DEFAULT_LB_CONTROLLER {
        "default-lb-controller", "defaultLBController",
        eras([ABSENT, ABSENT, yes("true by default"), yes("true by default"), yes("true by default")]),
        source: "R@1.12.1:helm/ako/templates/configmap.yaml",
    }
    GATEWAY_API {
        "ipv6-gateway-api", "IPv6 through the Gateway API",
        eras([
            ABSENT, (Support::Absent, "the Gateway API is a preview from 1.11.1"), NO, NO,
            no("no statement; the code would take the address")
        ]),
        source: "PD 1.12, 1.13",
    }
    MULTI_CLUSTER_INGRESS {
        "ipv6-multi-cluster-ingress", "IPv6 endpoints of a MultiClusterIngress",
        eras([
            yes("typed V6"), yes("typed V6"), limited("sent without a type"), limited("sent without a type"),
            limited("sent without a type")
        ]),
        source: "R@*:internal/nodes/avi_model_evh_translator.go PopulateServersForMultiClusterIngress",
    }
    STATUS_ADDRESS {
        "status-address", "Addresses written to the status of Ingress and Service",
        eras([
            yes("public, else IPv4 (1.8.1); public, else IPv6, else IPv4 (1.8.2)"), yes("public, else IPv6, else IPv4"),
            yes("public, else all"), yes("public, else all"), yes("public, else all")
        ]),
        source: "R pull request 990; R@1.12.1:internal/rest/avi_obj_vs.go",
        note: "before 1.12.1 a dual VIP shows its IPv6 address only",
    }
    NETWORK_UUID {
        "network-uuid", "networkUUID in VIP and node networks",
        eras([ABSENT, yes("from 1.10.3"), YES, YES, YES]),
        source: "CHANGELOG 1.10.3",
    }
    INFRA_SETTING_API {
        "aviinfrasetting-api", "API versions of AviInfraSetting",
        eras([
            yes("v1alpha1"), yes("v1alpha1; v1beta1 from 1.11.1"), yes("v1alpha1 v1beta1"), yes("v1alpha1 v1beta1"),
            yes("v1alpha1 v1beta1")
        ]),
        source: "R@*:helm/ako/crds",
    }
    NAMESPACE_SETTING {
        "namespace-aviinfrasetting", "AviInfraSetting selected by a Namespace annotation",
        eras([ABSENT, yes("from 1.11.1"), YES, YES, YES]),
        source: "R@1.11.1:internal/lib getNamespaceAviInfraSetting",
    }
    INFRA_SETTING_STATUS {
        "aviinfrasetting-status", "Objects that select a missing or rejected AviInfraSetting",
        eras([
            limited("Ingress not built; LoadBalancer without pools"),
            limited("Ingress not built; LoadBalancer without pools to 1.10.5, then built as without a setting"),
            limited("Ingress not built; LoadBalancer built as without a setting"),
            limited("Ingress not built; LoadBalancer built as without a setting"),
            limited("Ingress not built; LoadBalancer built as without a setting")
        ]),
        source: "observed on 1.9.3, 1.12.1 and 2.1.1; R@2.1.1:internal/nodes/route_ingress_model.go",
    }
    AKO_CONFIG_API {
        "akoconfig-api", "API versions of AKOConfig",
        eras([yes("v1alpha1"), yes("v1alpha1"), yes("v1alpha1"), yes("v1alpha1"), yes("v1beta1; v1alpha1 served")]),
        source: "R@*:ako-operator/config/crd/bases",
    }
    VPC_MODE {
        "vpc-mode", "VPC mode (vpcMode)",
        eras([ABSENT, ABSENT, ABSENT, yes("from 1.13.3"), YES]),
        source: "R@1.13.3:helm/ako/templates/configmap.yaml",
    }
    HOST_RULE_ADDRESS {
        "host-rule-address", "Static L7 address in a HostRule (tcpSettings.loadBalancerIP)",
        eras([limited("IPv4 only"), limited("IPv4 only"), limited("IPv4 only"), limited("IPv4 only"), limited("IPv4 only")]),
        source: "R@*:internal/lib/validator.go IPRegex",
    }
    VIP_NETWORK_COUNT {
        "vip-network-count", "Several VIP networks in one list",
        eras([limited("AWS only"), limited("AWS only"), limited("AWS only"), limited("AWS only"), limited("AWS only")]),
        source: "ako.md section 3; observed: AKO refuses a second entry of vipNetworkList outside AWS",
        note: "an AviInfraSetting is not checked: AKO silently uses its first network",
    }
    VIP_NETWORK_LIST {
        "vip-network-list", "Form of vipNetworkList",
        eras([
            limited("a JSON array, at least one entry on public clouds"),
            limited("a JSON array, at least one entry on public clouds"),
            limited("a JSON array, at least one entry on public clouds"),
            limited("a JSON array, at least one entry on public clouds"),
            limited("a JSON array, at least one entry on public clouds")
        ]),
        source: "ako.md section 3; observed: AKO ends and restarts on anything else",
    }
    VIP_NETWORK_SYNTAX {
        "vip-network-syntax", "Syntax of cidr and v6cidr",
        eras([
            limited("address and prefix length"), limited("address and prefix length"),
            limited("address and prefix length"), limited("address and prefix length"),
            limited("address and prefix length")
        ]),
        source: "ako.md section 3, address syntax; observed: a v6cidr without a prefix length ends AKO at the first VIP",
    }
    IPV6_ONLY_VIP_NETWORK {
        "ipv6-only-vip-network", "VIP network with a v6cidr and no cidr",
        eras([
            limited("AKO crashes at its next start once such a VIP exists"),
            limited("before 1.10.3 AKO crashes at its next start once such a VIP exists"), YES, YES, YES
        ]),
        source: "R pull request 1236; ako.md row A13",
        note: "one refresh path of 2.1.1 still reads the missing IPv4 VIP (inferred)",
    }
    KEY_CASE {
        "vip-network-key-case", "Letter case of the keys of a VIP network",
        eras([
            limited("any in ConfigMap and values; exact in custom resources"),
            limited("any in ConfigMap and values; exact in custom resources"),
            limited("any in ConfigMap and values; exact in custom resources"),
            limited("any in ConfigMap and values; exact in custom resources"),
            limited("any in ConfigMap and values; exact in custom resources")
        ]),
        source: "ako.md section 3; R@*:ako-operator/config/crd/bases (pruning)",
        note: "R@2.1.1:docs/akoconfig.md shows v6Cidr, which the custom resource drops",
    }
    LIVE_CONFIG {
        "live-config", "Settings that take effect without a restart of AKO",
        eras([
            limited("deleteConfig logLevel enableEvents"), limited("deleteConfig logLevel enableEvents"),
            limited("deleteConfig logLevel enableEvents"), limited("deleteConfig logLevel enableEvents"),
            limited("deleteConfig logLevel enableEvents")
        ]),
        source: "ako.md section 6: the environment is read at pod start, the handler reacts to three keys",
    }
    NODE_PORT_LOCAL_CNI {
        "node-port-local-cni", "CNI plug-ins with NodePortLocal",
        eras([limited("antrea"), limited("antrea"), limited("antrea"), limited("antrea"), limited("antrea")]),
        source: "R@*:internal/lib/lib.go IsValidCni; observed: AKO refuses any other",
    }
    PREFERRED_ADDRESS_SYNTAX {
        "preferred-address-syntax", "Form of a preferred VIP address",
        eras([
            limited("one plain address"), limited("one plain address"), limited("one plain address"),
            limited("one plain address"), limited("one plain address")
        ]),
        source: "ako.md section 3, address syntax; R@1.12.1:internal/rest/avi_obj_vsvip.go",
        note: "from 1.12.1 whatever is not IPv4 is sent as IPv6; IPv4-mapped addresses count as IPv4",
    }
    POD_CIDRS_ANNOTATION {
        "pod-cidrs-annotation", "Families of the Node annotation ako.vmware.com/pod-cidrs",
        eras([
            limited("IPv4 only"), limited("IPv4 only"), limited("IPv4 only"), limited("IPv4 only"), limited("IPv4 only")
        ]),
        source: "ako.md section 7; observed: an IPv6 value loses the node's routes",
    }
    NODE_ADDRESSES {
        "node-addresses", "Nodes without an address of a family of the pools",
        eras([
            limited("no routes, or an empty pool"), limited("no routes, or an empty pool"),
            limited("the node is left out"), limited("the node is left out"), limited("the node is left out")
        ]),
        source: "ako.md sections 6 and 7: InternalIP addresses, or annotations of the CNI plug-in",
    }
    CLASS_PARAMETERS {
        "ingress-class-parameters", "IngressClass parameters without an apiGroup",
        eras([NO, NO, NO, NO, NO]),
        source: "ako-names-and-crds.md 3.4: AKO reads the group unchecked and ends",
    }
    CONTROLLER_SYNTAX {
        "controller-address-syntax", "Form of the Avi controller's address",
        eras([
            limited("one address or DNS name"), limited("one address or DNS name"), limited("one address or DNS name"),
            limited("one address or DNS name"), limited("one address or DNS name")
        ]),
        source: "ako.md section 3, address syntax",
    }
    DESCRIBED_RELEASES {
        "described-releases", "Releases whose IPv6 support is described",
        eras([yes("1.8.1 and later"), YES, YES, YES, yes("to 2.1.1, and 2.2 in work")]),
        source: "ako.md section 1",
        note: "a newer release is judged as the newest described",
    }
}
