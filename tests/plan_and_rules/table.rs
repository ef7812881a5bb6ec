//! Which rules tell of which harm, and which harm a rule tells of.

/// For each harm a plan may show, the rules one of which tells of it.
pub(crate) const HARMS: &[(&str, &[&str])] = &[
    (
        "refused",
        &[
            "ako/empty-vip-network-list",
            "ako/ipv6-controller-address",
            "ako/malformed-vip-network",
            "ako/node-port-local-without-antrea",
            "ako/several-vip-networks",
            "ako/several-vip-networks-likely",
            "ako/unknown-ip-family",
            "ako/unreadable-vip-network-list",
            "ako/v6cidr-on-unsupported-cloud",
        ],
    ),
    (
        "crash",
        &[
            "ako/endpoint-without-target",
            "ako/external-name-backend",
            "ako/ingress-class-without-api-group",
            "ako/ipv6-only-vip-network-on-vlan",
            "ako/malformed-vip-network",
            "ako/service-without-ip-families",
        ],
    ),
    (
        "empty pool",
        &[
            "ako/backend-outside-pool-family",
            "ako/backend-without-node-port",
            "ako/endpoint-slice-outside-pool-family",
            "ako/endpoints-by-name",
            "ako/ignored-load-balancer-class",
            "ako/ipv4-load-balancer-outside-ipv6-pools",
            "ako/ipv6-vip-on-load-balancer",
            "ako/load-balancer-outside-pool-family",
            "ako/load-balancer-partly-outside-pool-family",
            "ako/node-outside-pool-family",
            "ako/preferred-dual-stack-on-load-balancer",
            "ako/service-outside-pool-family",
            "ako/service-without-ip-families",
        ],
    ),
    (
        "pool without answer",
        &[
            "ako/backend-outside-pool-family",
            "ako/ipv4-load-balancer-outside-ipv6-pools",
            "ako/ipv6-vip-on-load-balancer",
            "ako/service-outside-pool-family",
        ],
    ),
    ("mixed pool", &["ako/mixed-family-pool"]),
    (
        "wrong label",
        &[
            "ako/backend-outside-pool-family",
            "ako/ipv6-with-node-port-local",
            "ako/service-outside-pool-family",
        ],
    ),
    ("fatal VIP", &["ako/ipv6-only-vip-network"]),
    (
        "IPv6 VIP on layer 4",
        &[
            "ako/dual-vip-network-under-load-balancer",
            "ako/ignored-load-balancer-class",
            "ako/ipv6-only-vip-network-under-load-balancer",
        ],
    ),
    ("bad subnet", &["ako/malformed-vip-network"]),
    (
        "bad preferred address",
        &[
            "ako/ignored-load-balancer-class",
            "ako/ipv4-preferred-address-without-cidr",
            "ako/ipv6-only-vip-network-under-load-balancer",
            "ako/ipv6-preferred-address",
            "ako/ipv6-preferred-address-without-v6cidr",
            "ako/malformed-preferred-address",
        ],
    ),
    ("unusable setting", &["ako/malformed-vip-network", "ako/unusable-infra-setting"]),
    (
        "no route",
        &[
            "ako/ipv6-on-openshift",
            "ako/ipv6-pod-cidrs-annotation",
            "ako/node-outside-pool-family",
            "ako/pod-range-outside-pool-family",
        ],
    ),
    ("lost route", &["ako/node-outside-pool-family"]),
    ("node outside pools", &["ako/node-outside-pool-family"]),
];

/// For each rule about pools, VIPs, routes and nodes that speaks of what is there, the harm its finding means. Rules that
/// judge what might come of a network or a change (`ipv6-only-vip-network`, `v6cidr-added-under-load-balancer`), what is
/// supported and works all the same, or the part of a pool that is missing, are not among them.
pub(crate) const RULES: &[(&str, &[&str])] = &[
    ("ako/backend-outside-pool-family", &["empty pool", "pool without answer", "wrong label"]),
    ("ako/backend-without-node-port", &["empty pool"]),
    ("ako/dual-vip-network-under-load-balancer", &["IPv6 VIP on layer 4"]),
    ("ako/endpoint-without-target", &["crash"]),
    ("ako/endpoints-by-name", &["empty pool"]),
    ("ako/external-name-backend", &["crash"]),
    ("ako/ingress-class-without-api-group", &["crash"]),
    ("ako/ipv4-load-balancer-outside-ipv6-pools", &["empty pool", "pool without answer"]),
    ("ako/ipv4-preferred-address-without-cidr", &["bad preferred address"]),
    ("ako/ipv6-only-vip-network-under-load-balancer", &["IPv6 VIP on layer 4", "unusable setting"]),
    ("ako/ipv6-pod-cidrs-annotation", &["no route"]),
    ("ako/ipv6-preferred-address", &["bad preferred address"]),
    ("ako/ipv6-preferred-address-without-v6cidr", &["bad preferred address"]),
    ("ako/ipv6-vip-on-load-balancer", &["empty pool", "pool without answer", "IPv6 VIP on layer 4"]),
    ("ako/load-balancer-outside-pool-family", &["empty pool"]),
    ("ako/malformed-preferred-address", &["bad preferred address"]),
    ("ako/malformed-vip-network", &["refused", "crash", "bad subnet", "unusable setting"]),
    ("ako/node-outside-pool-family", &["empty pool", "no route", "lost route", "node outside pools"]),
    ("ako/pod-range-outside-pool-family", &["no route"]),
    ("ako/service-outside-pool-family", &["empty pool", "pool without answer", "wrong label"]),
    ("ako/service-without-ip-families", &["crash", "empty pool"]),
    ("ako/unusable-infra-setting", &["unusable setting"]),
];

/// Reasons for which a pool may be empty that are none of a rule's business: what is not there yet, or not ready.
pub(crate) const NO_RULE_NEEDED: &[&str] = &[
    "the Service does not exist",
    "the Service has none",
    "it is not ready",
    "none of its ports is",
    "AKO overlooks Services of type LoadBalancer",
    "in NodePortLocal mode AKO takes no Service of type NodePort",
    "it selects no Pod that is ready",
    "it has no usable annotation",
    "nothing that could be a server stands behind it",
];

/// Where plan and rules differ: the scenarios and cases by name, the harm or the rule, and the reason.
pub(crate) const EXCEPTIONS: &[(&[&str], &str, &str)] = &[
    (
        &[
            "calico-blockaffinity-ipv4-only-193 (1.9.3)",
            "calico-blockaffinity-ipv4-only-211 (2.1.1)",
            "cni-calico-without-blockaffinities-193 (1.9.3)",
            "cni-calico-without-blockaffinities-211 (2.1.1)",
        ],
        "no route",
        "no rule reads BlockAffinities, of which a cluster may have thousands; the plan does",
    ),
    (
        &[
            "podcidr-missing-ipfamily-v6 (1.9.3)",
            "podcidr-missing-ipfamily-v6 (2.1.1)",
            "accepts-no-range-193",
        ],
        "no route",
        "a Node gets its podCIDR after it appears; what is missing for good looks the same",
    ),
    (
        &["two-nodes-same-pod-cidr-v6-193 (1.9.3)", "two-nodes-same-pod-cidr-v6-211 (2.1.1)"],
        "no route",
        "that a range stands on two Nodes has nothing to do with families",
    ),
    (
        &[
            "vip-network-list-empty-ipfamily-v6 (1.9.3)",
            "vip-network-list-empty-ipfamily-v6 (2.1.1)",
            "accepts-on-nsxt-193",
            "accepts-undeclared-cloud-193",
            "accepts-empty-list-193",
        ],
        "refused",
        "outside public clouds AKO takes a network of the controller's IPAM profile, which nobody can see from here",
    ),
    (
        &["accepts-family-inside-211", "accepts-mirrored-slice-211", "ipv6-slice-of-the-cluster-211"],
        "empty pool",
        "the one slice of the case is of a family its Service lacks; those of the cluster's own controllers never are",
    ),
    (
        &["matrix-v4-vipv4-nodeportlocal-antrea-193 (1.9.3)"],
        "wrong label",
        "it is Pods that have annotations of both families, and Pods are never judged",
    ),
    (
        &["accepts-mapped-address-193"],
        "wrong label",
        "AKO was seen to send IPv4-mapped addresses as IPv4; what the controller makes of them was not",
    ),
    (
        &[
            "matrix-v6-vipdual-nodeportlocal-antrea-193 (1.9.3)",
            "matrix-v6-vipv4-nodeportlocal-antrea (1.9.3)",
        ],
        "ako/service-outside-pool-family",
        "the last address of the Pods' annotations happens to be the one that works",
    ),
    (
        &[
            "lb-ipv6-singlestack-v6-vipv4 (1.9.3)",
            "rejects-ipv6-second-of-single-stack-1115",
            "rejects-lb-require-dual-stack-193",
            "rejects-require-dual-stack-without-families-182",
        ],
        "ako/ipv6-vip-on-load-balancer",
        "row A20 follows the documents, which support no such Service; AKO serves one of its families",
    ),
];
