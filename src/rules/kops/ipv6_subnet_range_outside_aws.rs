use crate::rule::prelude::*;

rule! {
    /// IPv6 range of a subnet on a cloud other than AWS
    ///
    /// ## Why
    ///
    /// On AWS alone kOps gives subnets an IPv6 range. Elsewhere it refuses the field, in IPv4 clusters as well.
    ///
    /// ## What to do instead
    ///
    /// Leave `ipv6CIDR` out.
    ///
    /// ## Not reported
    ///
    /// Clusters that name no cloud.
    "kops/ipv6-subnet-range-outside-aws",
    enforces: &[&matrix::kops::CLOUD],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(cluster) = cx.kops_cluster().filter(|cluster| cluster.is_outside_aws()) else {
        return Ok(());
    };
    for subnet in cluster.subnets().filter(|subnet| subnet.has_ipv6()) {
        out.push(
            Finding::at(
                cx.subject(),
                subnet.ipv6_cidr(),
                CauseKind::Forbidden,
                format!("subnets have IPv6 ranges on AWS only, not on {:?}", cluster.cloud()),
            )
            .because("kOps would refuse the cluster")
            .remedy("leave ipv6CIDR out"),
        );
    }
    Ok(())
}
