use crate::facts::kops::egress::Egress;
use crate::model::address::spelt;
use crate::rule::prelude::*;

rule! {
    /// Egress that kOps does not know
    ///
    /// ## Why
    ///
    /// `egress` names an existing NAT gateway (`nat-...`), an address for a new one (`eipalloc-...`), a transit
    /// gateway (`tgw-...`), a NAT instance (`i-...`) or is `External`. kOps refuses anything else.
    ///
    /// ## What to do instead
    ///
    /// Use one of these, or leave the field out to have a NAT gateway made.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters.
    "kops/unknown-egress",
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
    for subnet in cluster.subnets() {
        let Egress::Other(text) = Egress::of(subnet.egress()) else {
            continue;
        };
        out.push(
            Finding::at(
                cx.subject(),
                subnet.node.at("egress"),
                CauseKind::Invalid,
                format!("{text:?} is no egress that kOps knows"),
            )
            .because("kOps would refuse the cluster")
            .remedy("use nat-..., eipalloc-..., tgw-... or External, or leave egress out")
            .meant(spelt(text, &["External"])),
        );
    }
    Ok(())
}
