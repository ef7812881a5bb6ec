use crate::facts::kops::number::parse_network;
use crate::rule::prelude::*;

rule! {
    /// IPv6 nonMasqueradeCIDR other than ::/0
    ///
    /// ## Why
    ///
    /// A cluster is an IPv6 cluster when its `nonMasqueradeCIDR` is IPv6, and kOps takes one text for that
    /// only: `::/0`. It refuses a narrower range and every other spelling, `0::/0` too.
    ///
    /// ## What to do instead
    ///
    /// Write `nonMasqueradeCIDR: ::/0`. The ranges of Pods and Services have fields of their own.
    ///
    /// ## Not reported
    ///
    /// IPv4 ranges: the cluster is no IPv6 cluster then.
    "kops/malformed-ipv6-mode",
    enforces: &[&matrix::kops::MODE],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(cluster) = cx.kops_cluster() else {
        return Ok(());
    };
    let range = cluster.non_masquerade_cidr();
    if range.text() == "::/0" || !range.text().contains(':') {
        return Ok(());
    }
    let is_everything = parse_network(range.text().trim()).is_some_and(|network| network.prefix_len() == 0);
    out.push(
        Finding::at(
            cx.subject(),
            range,
            CauseKind::Invalid,
            format!("{:?} does not declare an IPv6 cluster, which is written ::/0", range.text()),
        )
        .because("kOps would refuse the cluster")
        .remedy("set nonMasqueradeCIDR to ::/0")
        .meant(is_everything.then_some("::/0")),
    );
    Ok(())
}
