use crate::facts::kops::Subnet;
use crate::rule::prelude::*;

rule! {
    /// Subnet of an IPv6 cluster without an IPv6 range
    ///
    /// ## Why
    ///
    /// Pods of an IPv6 cluster are IPv6-only, and nodes take their addresses from the subnet. Nodes in a subnet
    /// without an IPv6 range get none.
    ///
    /// ## What to do instead
    ///
    /// Give the subnet an `ipv6CIDR`, for example `/64#3`.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters. Utility subnets, which hold no nodes, and subnets that kOps does not manage.
    "kops/subnet-without-ipv6-range",
    enforces: &[&matrix::kops::SUBNET_WITHOUT_RANGE],
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
    let holds_nodes = |subnet: &Subnet<'_>| matches!(subnet.kind(), "Public" | "Private" | "DualStack");
    for subnet in cluster.subnets().filter(holds_nodes) {
        if !subnet.is_managed() || subnet.has_ipv6() {
            continue;
        }
        out.push(
            Finding::missing(
                cx.subject(),
                subnet.node,
                "ipv6CIDR",
                format!("subnet {:?} of an IPv6 cluster has no IPv6 range", subnet.name()),
            )
            .because("nodes and Pods in it would get no IPv6 addresses")
            .remedy("give the subnet an ipv6CIDR, for example /64#3"),
        );
    }
    Ok(())
}
