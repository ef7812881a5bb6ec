use crate::facts::kops::range::{Written, share};
use crate::rule::prelude::*;

rule! {
    /// IPv6 range of a subnet over that of Services
    ///
    /// ## Why
    ///
    /// Addresses of Services must be nobody else's. kOps refuses a subnet whose network shares addresses with
    /// the range of Services, which is fd00:5e4f:ce::/108 unless the cluster says otherwise.
    ///
    /// ## What to do instead
    ///
    /// Give the subnet a network of the VPC, and Services a range outside of it.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters. Subnets whose range is written as /LEN#N.
    "kops/subnet-over-service-range",
    enforces: &[&matrix::kops::SUBNET_BLOCK],
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
    let Some(services) = cluster.service_range() else {
        return Ok(());
    };
    for subnet in cluster.subnets() {
        let Written::Literal(block) = Written::of(subnet) else {
            continue;
        };
        if !share(block, services) {
            continue;
        }
        out.push(
            Finding::at(
                cx.subject(),
                subnet.ipv6_cidr(),
                CauseKind::Invalid,
                format!("the network {block} shares addresses with the range of Services, {services}"),
            )
            .because("kOps would refuse the cluster")
            .remedy("give the subnet a network outside the range of Services"),
        );
    }
    Ok(())
}
