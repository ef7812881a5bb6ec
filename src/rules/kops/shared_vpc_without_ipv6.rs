use crate::facts::kops::range::Pool;
use crate::rule::prelude::*;

rule! {
    /// Existing VPC without an IPv6 range
    ///
    /// ## Why
    ///
    /// An IPv6 cluster in an existing VPC takes its subnets' ranges from the VPC, which must have an IPv6
    /// range. kOps finds out only when it builds the cluster.
    ///
    /// ## What to do instead
    ///
    /// Give the VPC an IPv6 range, or leave `networkID` out, so that kOps makes a VPC with one.
    ///
    /// ## Not reported
    ///
    /// Clusters for which kOps makes the VPC. VPCs of which nobody said what range they have: another rule
    /// warns.
    "kops/shared-vpc-without-ipv6",
    enforces: &[&matrix::kops::SHARED_VPC],
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
    if Pool::of(cluster, cx.profile) != Pool::None {
        return Ok(());
    }
    out.push(
        Finding::at(
            cx.subject(),
            cluster.network_id(),
            CauseKind::Invalid,
            format!("the VPC {} has no IPv6 range", cluster.network_id().text()),
        )
        .because("no subnet of it could get IPv6, and kOps would fail while building the cluster")
        .remedy("give the VPC an IPv6 range, or leave networkID out"),
    );
    Ok(())
}
