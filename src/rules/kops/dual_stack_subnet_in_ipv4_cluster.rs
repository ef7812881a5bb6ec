use crate::rule::prelude::*;

rule! {
    /// Subnet type DualStack in an IPv4 cluster
    ///
    /// ## Why
    ///
    /// The type DualStack sets private subnets with IPv4 apart from IPv6-only ones, and exists in IPv6 clusters
    /// only.
    ///
    /// ## What to do instead
    ///
    /// Use `Private`, or make it an IPv6 cluster with `nonMasqueradeCIDR: ::/0`.
    ///
    /// ## Not reported
    ///
    /// IPv6 clusters.
    "kops/dual-stack-subnet-in-ipv4-cluster",
    enforces: &[&matrix::kops::DUAL_STACK_SUBNET],
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
    for subnet in cluster.subnets().filter(|subnet| subnet.kind() == "DualStack") {
        out.push(
            Finding::at(
                cx.subject(),
                subnet.node.at("type"),
                CauseKind::Forbidden,
                "the subnet type DualStack exists in IPv6 clusters only",
            )
            .because("kOps would refuse the cluster")
            .remedy("use Private, or declare an IPv6 cluster with nonMasqueradeCIDR ::/0"),
        );
    }
    Ok(())
}
