use crate::facts::kops::Subnet;
use crate::rule::prelude::*;

rule! {
    /// Private subnet with IPv6 only in an IPv4 cluster
    ///
    /// ## Why
    ///
    /// Every subnet of an IPv4 cluster needs an IPv4 range. kOps assigns missing ones, but passes over private
    /// subnets that have an IPv6 range, and then refuses the cluster for want of it.
    ///
    /// ## What to do instead
    ///
    /// Give the subnet a `cidr`, or make it an IPv6 cluster with `nonMasqueradeCIDR: ::/0`.
    ///
    /// ## Not reported
    ///
    /// IPv6 clusters. Subnets without any range, which get an IPv4 one.
    "kops/ipv6-only-subnet-in-ipv4-cluster",
    enforces: &[&matrix::kops::IPV6_ONLY_SUBNET],
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
    let lacking = |subnet: &Subnet<'_>| subnet.kind() == "Private" && subnet.cidr().is_empty();
    for subnet in cluster.subnets().filter(lacking).filter(|subnet| subnet.has_ipv6()) {
        out.push(
            Finding::missing(
                cx.subject(),
                subnet.node,
                "cidr",
                "a private subnet of an IPv4 cluster has an IPv6 range only",
            )
            .because("kOps assigns it no IPv4 range and then refuses the cluster")
            .remedy("give the subnet a cidr, or declare an IPv6 cluster with nonMasqueradeCIDR ::/0"),
        );
    }
    Ok(())
}
