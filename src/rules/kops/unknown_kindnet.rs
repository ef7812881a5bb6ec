use crate::matrix::kops::release;
use crate::rule::prelude::*;

rule! {
    /// kindnet before kOps 1.32
    ///
    /// ## Why
    ///
    /// kOps knows kindnet from 1.32 on. Earlier releases drop the field and are left without a CNI.
    ///
    /// ## What to do instead
    ///
    /// Use Calico or Cilium, or kOps 1.32 or later.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters.
    "kops/unknown-kindnet",
    enforces: &[&matrix::kops::KINDNET],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if cx.profile.kops.value >= release::KINDNET {
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
            format!("kOps {} does not know kindnet", cx.profile.kops.text),
        )
        .because("the cluster would be left without a CNI")
        .remedy("use calico, cilium or cni, or kOps 1.32 or later"),
    );
    Ok(())
}
