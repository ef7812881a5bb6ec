use crate::facts::kops::egress::{self, Misplacement};
use crate::rule::prelude::*;

rule! {
    /// Several Utility subnets in a zone with private ones
    ///
    /// ## Why
    ///
    /// kOps puts the NAT gateway of a zone with Private or DualStack subnets into the zone's Utility subnet,
    /// and fails while building the cluster when there are two.
    ///
    /// ## What to do instead
    ///
    /// Keep one Utility subnet in the zone.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters. Zones without private subnets that kOps manages.
    "kops/several-utility-subnets",
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
        let Err(Misplacement::SecondUtility(subnet)) = zone.place() else {
            continue;
        };
        out.push(
            Finding::at(
                cx.subject(),
                subnet.node.at("type"),
                CauseKind::TooMany,
                format!("a second Utility subnet in zone {:?}, which has private ones", zone.name),
            )
            .because("kOps does not choose between them and would fail while building the cluster")
            .remedy("keep one Utility subnet in the zone"),
        );
    }
    Ok(())
}
