use crate::facts::kops::egress::{self, Misplacement};
use crate::rule::prelude::*;

rule! {
    /// Private subnets in a zone without a Utility subnet
    ///
    /// ## Why
    ///
    /// kOps puts the NAT gateway of a zone with Private or DualStack subnets into the zone's Utility subnet,
    /// and looks for it even where the egress names a gateway that exists. A Public subnet does not do. Without
    /// one it fails while building the cluster.
    ///
    /// ## What to do instead
    ///
    /// Add a Utility subnet to the zone.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters. Zones whose private subnets all have an id or egress External.
    "kops/missing-utility-subnet",
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
        let Err(Misplacement::NoUtility(subnet)) = zone.place() else {
            continue;
        };
        let message =
            format!("no Utility subnet in zone {:?} for the NAT gateway of its private ones", zone.name);
        let field = subnet.node.at("zone");
        let finding = if field.is_absent() {
            Finding::missing(cx.subject(), subnet.node, "zone", message)
        } else {
            Finding::at(cx.subject(), field, CauseKind::Required, message)
        };
        out.push(
            finding
                .because("kOps would fail while building the cluster")
                .remedy("add one Utility subnet to the zone"),
        );
    }
    Ok(())
}
