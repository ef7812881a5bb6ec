use crate::rule::prelude::*;

rule! {
    /// IPv6 cluster without a CNI
    ///
    /// ## Why
    ///
    /// An IPv6 cluster needs a CNI that supports IPv6, and kOps chooses none.
    ///
    /// ## What to do instead
    ///
    /// Add `calico: {}` or `cilium: {}` below `spec.networking`, or `cni: {}` if you install one.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters.
    "kops/missing-cni",
    enforces: &[&matrix::kops::CNI],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(cluster) = cx.kops_ipv6_cluster() else {
        return Ok(());
    };
    if cluster.cnis().next().is_some() {
        return Ok(());
    }
    let message = "an IPv6 cluster names no CNI";
    let finding = if cluster.networking().is_absent() {
        Finding::missing(cx.subject(), cluster.spec(), "networking", message)
    } else {
        Finding::at(cx.subject(), cluster.networking(), CauseKind::Required, message)
    };
    out.push(
        finding
            .because("its nodes would never become ready")
            .remedy("add calico: {}, cilium: {} or cni: {} below spec.networking"),
    );
    Ok(())
}
