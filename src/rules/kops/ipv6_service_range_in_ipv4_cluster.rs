use crate::facts::kops::number::parse_network;
use crate::rule::prelude::*;

rule! {
    /// IPv6 range of Services in an IPv4 cluster
    ///
    /// ## Why
    ///
    /// A cluster whose `nonMasqueradeCIDR` is not `::/0` is an IPv4 cluster: its Pods have no IPv6, so that
    /// IPv6 Services cannot lead to them. kOps does not check the range.
    ///
    /// ## What to do instead
    ///
    /// Give Services an IPv4 range, or make it an IPv6 cluster with `nonMasqueradeCIDR: ::/0`.
    ///
    /// ## Not reported
    ///
    /// IPv6 clusters.
    "kops/ipv6-service-range-in-ipv4-cluster",
    enforces: &[&matrix::kops::SERVICE_RANGE],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(cluster) = cx.kops_cluster().filter(|cluster| !cluster.is_ipv6()) else {
        return Ok(());
    };
    let range = cluster.network().at("serviceClusterIPRange");
    if parse_network(range.text()).is_none() {
        return Ok(());
    }
    out.push(
        Finding::at(
            cx.subject(),
            range,
            CauseKind::Invalid,
            format!("IPv6 range {} for the Services of an IPv4 cluster", range.text()),
        )
        .because("IPv6 Services cannot lead to IPv4-only Pods, which kOps does not notice")
        .remedy("use an IPv4 range, or declare an IPv6 cluster with nonMasqueradeCIDR ::/0"),
    );
    Ok(())
}
