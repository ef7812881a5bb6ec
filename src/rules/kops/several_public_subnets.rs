use crate::facts::kops::egress::{self, Misplacement};
use crate::rule::prelude::*;

rule! {
    /// Several Public subnets in an IPv6 zone
    ///
    /// ## Why
    ///
    /// Public subnets with an IPv6 range need a NAT gateway for NAT64. In a zone without private subnets kOps
    /// puts it into the only Public one. Its page promises the one listed first, but every release from 1.23 on
    /// stops when there are two.
    ///
    /// ## What to do instead
    ///
    /// Keep one Public subnet in the zone, or leave the others' traffic to yourself.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters. Zones with private subnets, whose gateway stands in the Utility subnet.
    "kops/several-public-subnets",
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
        let Err(Misplacement::SecondPublic(subnet)) = zone.place() else {
            continue;
        };
        out.push(
            Finding::at(
                cx.subject(),
                subnet.node.at("type"),
                CauseKind::TooMany,
                format!("a second Public subnet in zone {:?}, which needs a NAT gateway", zone.name),
            )
            .because("kOps fails while building the cluster, although its page promises the first-listed one")
            .remedy("keep one Public subnet in the zone"),
        );
    }
    Ok(())
}
