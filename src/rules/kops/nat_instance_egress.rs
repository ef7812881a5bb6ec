use crate::facts::kops::egress::{self, Egress};
use crate::rule::prelude::*;

rule! {
    /// NAT instance as egress of an IPv6 cluster
    ///
    /// ## Why
    ///
    /// In an IPv6 cluster traffic to IPv4 goes through NAT64, which a NAT instance does not do. kOps leaves the
    /// NAT64 route without a target and aborts.
    ///
    /// ## What to do instead
    ///
    /// Leave `egress` out to have a NAT gateway made, or name one.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters. Subnets with an id, which kOps leaves alone.
    "kops/nat-instance-egress",
    enforces: &[&matrix::kops::EGRESS],
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
    for subnet in egress::zones(cluster).iter().flat_map(|zone| &zone.candidates) {
        let Egress::Instance(id) = Egress::of(subnet.egress()) else {
            continue;
        };
        out.push(
            Finding::at(
                cx.subject(),
                subnet.node.at("egress"),
                CauseKind::NotSupported,
                format!("the NAT instance {id} cannot serve the NAT64 route of an IPv6 cluster"),
            )
            .because("kOps leaves that route without a target and aborts halfway through the run")
            .remedy("leave egress out to have a NAT gateway made, or name one (nat-...)"),
        );
    }
    Ok(())
}
