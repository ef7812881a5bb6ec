use crate::facts::kops::number::parse_network;
use crate::rule::prelude::*;

rule! {
    /// IPv4 range of Services in an IPv6 cluster
    ///
    /// ## Why
    ///
    /// Pods of an IPv6 cluster have no IPv4, so that IPv4 Services cannot lead to them. kOps does not check the
    /// range.
    ///
    /// ## What to do instead
    ///
    /// Leave `serviceClusterIPRange` out, which gives fd00:5e4f:ce::/108, or name an IPv6 range.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters.
    "kops/ipv4-service-range",
    enforces: &[&matrix::kops::SERVICE_RANGE],
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
    let range = cluster.network().at("serviceClusterIPRange");
    if range.text().is_empty() || parse_network(range.text()).is_some() {
        return Ok(());
    }
    out.push(
        Finding::at(
            cx.subject(),
            range,
            CauseKind::Invalid,
            format!("{:?} is no IPv6 range for the Services of an IPv6 cluster", range.text()),
        )
        .because("IPv4 Services cannot lead to IPv6-only Pods, which kOps does not notice")
        .remedy("leave serviceClusterIPRange out, or give it an IPv6 range"),
    );
    Ok(())
}
