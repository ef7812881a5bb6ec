use crate::facts::kops::number::parse_network;
use crate::rule::prelude::*;

rule! {
    /// IPv4 range of Pods in an IPv6 cluster
    ///
    /// ## Why
    ///
    /// The range of Pods must lie in `nonMasqueradeCIDR`, which is `::/0` in an IPv6 cluster. Pods there are
    /// IPv6-only.
    ///
    /// ## What to do instead
    ///
    /// Leave `podCIDR` out: nodes get theirs from the VPC.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters.
    "kops/ipv4-pod-range",
    enforces: &[&matrix::kops::POD_RANGE],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(cluster) = cx.kops_ipv6_cluster() else {
        return Ok(());
    };
    let range = cluster.network().at("podCIDR");
    if range.text().is_empty() || parse_network(range.text()).is_some() {
        return Ok(());
    }
    out.push(
        Finding::at(
            cx.subject(),
            range,
            CauseKind::Invalid,
            format!("{:?} is no IPv6 range for the Pods of an IPv6 cluster", range.text()),
        )
        .because("kOps would refuse the cluster, whose Pods are IPv6-only")
        .remedy("leave podCIDR out, or give it an IPv6 range"),
    );
    Ok(())
}
