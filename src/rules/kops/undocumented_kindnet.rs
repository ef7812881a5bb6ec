use crate::matrix::kops::release;
use crate::rule::prelude::*;

rule! {
    /// kindnet in an IPv6 cluster
    ///
    /// ## Why
    ///
    /// From kOps 1.32 on kindnet works in IPv6 clusters, and kOps tests it, but its page on IPv6 does not list
    /// it among the CNIs that are supported.
    ///
    /// ## What to do instead
    ///
    /// Use Calico or Cilium where you want what is documented, or turn this rule off.
    ///
    /// ## Not reported
    ///
    /// kOps before 1.32, where kindnet is unknown and refused by another rule.
    "kops/undocumented-kindnet",
    enforces: &[&matrix::kops::KINDNET],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if cx.profile.kops.value < release::KINDNET {
        return Ok(());
    }
    let Some(cluster) = cx.kops_ipv6_cluster() else {
        return Ok(());
    };
    let kindnet = cluster.cni("kindnet");
    if kindnet.is_nothing() {
        return Ok(());
    }
    out.push(
        Finding::at(
            cx.subject(),
            kindnet,
            CauseKind::NotSupported,
            "kindnet is not among the documented CNIs of IPv6 clusters",
        )
        .because("kOps accepts and tests it, but does not promise it")
        .remedy("use calico or cilium, or turn this rule off"),
    );
    Ok(())
}
