use crate::matrix::kops::release;
use crate::rule::prelude::*;

rule! {
    /// IPv6 cluster without the external cloud controller manager
    ///
    /// ## Why
    ///
    /// Nodes get their IPv6 addresses from the external cloud controller manager. kOps 1.23 to 1.28 does not
    /// fill it in and refuses an IPv6 cluster that does not ask for it.
    ///
    /// ## What to do instead
    ///
    /// Write `cloudControllerManager: {}` below `spec`.
    ///
    /// ## Not reported
    ///
    /// kOps 1.29 and later, which fills it in.
    "kops/missing-cloud-controller-manager",
    enforces: &[&matrix::kops::CLOUD_CONTROLLER],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let release = cx.profile.kops.value;
    if release < release::DESCRIBED || release >= release::FILLED_IN_CCM {
        return Ok(());
    }
    let Some(cluster) = cx.kops_ipv6_cluster() else {
        return Ok(());
    };
    let manager = cluster.spec().at("cloudControllerManager");
    if !manager.is_nothing() {
        return Ok(());
    }
    out.push(
        Finding::missing(
            cx.subject(),
            cluster.spec(),
            "cloudControllerManager",
            format!(
                "an IPv6 cluster of kOps {} must ask for the external cloud controller manager",
                cx.profile.kops.text
            ),
        )
        .because("kOps would refuse the cluster")
        .remedy("add cloudControllerManager: {} below spec")
        .fixed_by(manager.is_absent().then_some(Fix::Entry("cloudControllerManager", None))),
    );
    Ok(())
}
