use crate::facts::aks_engine::Model;
use crate::rule::prelude::*;

rule! {
    /// Flatcar pool in a dual-stack cluster
    ///
    /// ## Why
    ///
    /// AKS Engine does not support Flatcar nodes in dual-stack clusters and refuses the model.
    ///
    /// ## What to do instead
    ///
    /// Take `distro` out of the pool, or name another distribution.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`. The masters' distribution, which AKS Engine does not check.
    /// IPv6-only clusters, of which another rule speaks.
    "aks-engine/flatcar-pool",
    enforces: &[&matrix::aks_engine::FLATCAR],
    applies_to: &[Kind::ApiModel],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(model) = Model::dual_stack(cx.subject(), cx.profile) else {
        return Ok(());
    };
    for distro in model.flatcar_pools() {
        out.push(
            distro
                .finding(cx.subject(), CauseKind::NotSupported, "Flatcar nodes cannot be dual-stack")
                .because("AKS Engine refuses the model")
                .remedy("take distro out of the pool, or name another distribution"),
        );
    }
    Ok(())
}
