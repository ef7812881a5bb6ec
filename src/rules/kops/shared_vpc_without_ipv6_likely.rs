use crate::facts::kops::range::Pool;
use crate::rule::prelude::*;

rule! {
    /// Existing VPC whose IPv6 range nobody stated
    ///
    /// ## Why
    ///
    /// An IPv6 cluster in an existing VPC takes its subnets' ranges from the VPC, which must have an IPv6
    /// range. Which one it has stands in no document, so that ako-gate cannot tell whether the subnets fit.
    ///
    /// ## What to do instead
    ///
    /// State the range: `--profile vpcIPv6CIDR=RANGE`, or `none`.
    ///
    /// ## Not reported
    ///
    /// Clusters for which kOps makes the VPC, and VPCs whose range is stated.
    "kops/shared-vpc-without-ipv6-likely",
    enforces: &[&matrix::kops::SHARED_VPC],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(cluster) = cx.kops_ipv6_cluster_on_aws() else {
        return Ok(());
    };
    if Pool::of(cluster, cx.profile) != Pool::Unknown {
        return Ok(());
    }
    out.push(
        Finding::at(
            cx.subject(),
            cluster.network_id(),
            CauseKind::Invalid,
            format!("the VPC {} must have an IPv6 range; nobody says which", cluster.network_id().text()),
        )
        .because("without one kOps would fail while building the cluster")
        .remedy("state the VPC's range (profile vpcIPv6CIDR)"),
    );
    Ok(())
}
