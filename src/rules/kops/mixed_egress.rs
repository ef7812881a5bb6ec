use crate::facts::kops::egress;
use crate::rule::prelude::*;

rule! {
    /// Subnets of one zone with different egress
    ///
    /// ## Why
    ///
    /// All subnets of a zone whose traffic kOps sends out share one way: one `egress` and one `publicIP`. kOps
    /// fails while building the cluster when they differ.
    ///
    /// ## What to do instead
    ///
    /// Give them the same `egress` and `publicIP`. Subnets in other zones may differ.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters. Subnets with an id or with egress External, which kOps leaves alone.
    "kops/mixed-egress",
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
    for zone in egress::zones(cluster) {
        let (Some(first), Some(odd)) = (zone.candidates.first(), zone.odd_one_out()) else {
            continue;
        };
        let (key, was, is) = if odd.egress() == first.egress() {
            ("publicIP", first.public_ip(), odd.public_ip())
        } else {
            ("egress", first.egress(), odd.egress())
        };
        let message =
            format!("{key} {is:?} differs from {was:?} of subnet {:?} in the same zone", first.name());
        let field = odd.node.at(key);
        let finding = if field.is_absent() {
            Finding::missing(cx.subject(), odd.node, key, message)
        } else {
            Finding::at(cx.subject(), field, CauseKind::Invalid, message)
        };
        out.push(finding.because("kOps would fail while building the cluster").remedy(format!(
            "give all private and IPv6 public subnets of zone {} the same {key}",
            zone.name
        )));
    }
    Ok(())
}
