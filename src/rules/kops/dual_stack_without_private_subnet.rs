use crate::facts::kops::egress;
use crate::rule::prelude::*;

rule! {
    /// DualStack subnet in a zone without a Private one
    ///
    /// ## Why
    ///
    /// kOps looks for a Private subnet in every zone with a DualStack one, and fails while building the cluster
    /// when there is none.
    ///
    /// ## What to do instead
    ///
    /// Add a Private subnet to the zone, or make the DualStack one Private.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters. Subnets with an id or with egress External, which kOps leaves alone.
    "kops/dual-stack-without-private-subnet",
    enforces: &[&matrix::kops::NAT_GATEWAY],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(cluster) = cx.kops_ipv6_cluster_on_aws() else {
        return Ok(());
    };
    for zone in egress::zones(cluster) {
        let Some(subnet) = zone.lone_dual_stack() else {
            continue;
        };
        out.push(
            Finding::at(
                cx.subject(),
                subnet.node.at("type"),
                CauseKind::Required,
                format!("a DualStack subnet in zone {:?}, which has no Private one", zone.name),
            )
            .because("kOps would fail while building the cluster")
            .remedy("add a Private subnet to the zone, or make this one Private"),
        );
    }
    Ok(())
}
