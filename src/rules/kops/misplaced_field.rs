use crate::facts::kops::Format;
use crate::rule::prelude::*;

rule! {
    /// Field where the other format has it
    ///
    /// ## Why
    ///
    /// v1alpha2 keeps the fields of the network below `spec`, v1alpha3 below `spec.networking`, and some names
    /// differ. kOps drops a field that stands in the other format's place without a word. An IPv6 cluster then
    /// becomes an IPv4 one.
    ///
    /// ## What to do instead
    ///
    /// Move the field to the place of the document's own format, or change `apiVersion` and all of them.
    ///
    /// ## Not reported
    ///
    /// Fields that have the same place in both formats, and names that belong to neither.
    "kops/misplaced-field",
    enforces: &[&matrix::kops::FIELD_PLACES],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(cluster) = cx.kops_cluster() else {
        return Ok(());
    };
    let (spec, networking) = (cluster.spec(), cluster.networking());
    // the node, the names that belong to the other format, and where this one has them
    let places: &[(Node<'_>, &[(&str, &str)])] = match cluster.format {
        Format::V1Alpha2 => &[
            (networking, NETWORK_BELOW_SPEC),
            (networking, &[("kubeRouter", "kuberouter"), ("amazonVPC", "amazonvpc"), ("gcp", "gce")]),
            (cluster.cni("cilium"), &[("masquerade", "disableMasquerade")]),
            (spec, &[("externalDNS", "spec.externalDns")]),
        ],
        Format::V1Alpha3 => &[
            (spec, NETWORK_BELOW_NETWORKING),
            (networking, &[("kuberouter", "kubeRouter"), ("amazonvpc", "amazonVPC"), ("gce", "gcp")]),
            (cluster.cni("cilium"), &[("disableMasquerade", "masquerade")]),
            (spec, &[("externalDns", "spec.externalDNS")]),
        ],
    };
    for (parent, names) in places {
        for (name, right) in *names {
            let field = parent.at(name);
            if field.is_nothing() {
                continue;
            }
            let format = cluster.format.name();
            out.push(
                Finding::at(
                    cx.subject(),
                    field,
                    CauseKind::Forbidden,
                    format!("{format} does not have {name} here, but {right}"),
                )
                .because("kOps would drop the field without a word")
                .remedy(format!("write {right}, or use the other apiVersion")),
            );
        }
    }
    Ok(())
}

const NETWORK_BELOW_SPEC: &[(&str, &str)] = &[
    ("nonMasqueradeCIDR", "spec.nonMasqueradeCIDR"),
    ("networkID", "spec.networkID"),
    ("networkCIDR", "spec.networkCIDR"),
    ("additionalNetworkCIDRs", "spec.additionalNetworkCIDRs"),
    ("podCIDR", "spec.podCIDR"),
    ("serviceClusterIPRange", "spec.serviceClusterIPRange"),
    ("subnets", "spec.subnets"),
    ("topology", "spec.topology"),
];

const NETWORK_BELOW_NETWORKING: &[(&str, &str)] = &[
    ("nonMasqueradeCIDR", "spec.networking.nonMasqueradeCIDR"),
    ("networkID", "spec.networking.networkID"),
    ("networkCIDR", "spec.networking.networkCIDR"),
    ("additionalNetworkCIDRs", "spec.networking.additionalNetworkCIDRs"),
    ("podCIDR", "spec.networking.podCIDR"),
    ("serviceClusterIPRange", "spec.networking.serviceClusterIPRange"),
    ("subnets", "spec.networking.subnets"),
    ("topology", "spec.networking.topology"),
];
