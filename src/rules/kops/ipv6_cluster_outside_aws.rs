use crate::rule::prelude::*;

rule! {
    /// IPv6 cluster on a cloud other than AWS
    ///
    /// ## Why
    ///
    /// kOps documents IPv6 clusters for AWS only. Recent releases have begun to build them on GCE and bare
    /// metal and refuse nothing, but nobody promises that such a cluster works.
    ///
    /// ## What to do instead
    ///
    /// Build the cluster on AWS, or as an IPv4 cluster.
    ///
    /// ## Not reported
    ///
    /// Clusters that name no cloud.
    "kops/ipv6-cluster-outside-aws",
    enforces: &[&matrix::kops::CLOUD],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(cluster) = cx.kops_ipv6_cluster().filter(|cluster| cluster.is_outside_aws()) else {
        return Ok(());
    };
    out.push(
        Finding::at(
            cx.subject(),
            cluster.spec().at("cloudProvider"),
            CauseKind::NotSupported,
            format!("IPv6 clusters are documented for AWS only, not for {:?}", cluster.cloud()),
        )
        .because("kOps does not check this and would build a cluster whose IPv6 nobody vouches for")
        .remedy("build the cluster on AWS, or set nonMasqueradeCIDR to an IPv4 range"),
    );
    Ok(())
}
