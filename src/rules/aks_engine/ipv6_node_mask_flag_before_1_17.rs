use crate::facts::aks_engine::Model;
use crate::facts::aks_engine::model::IPV6_MASK_FLAG;
use crate::rule::prelude::*;

rule! {
    /// IPv6 node mask flag on Kubernetes 1.16
    ///
    /// ## Why
    ///
    /// `--node-cidr-mask-size-ipv6` came with Kubernetes 1.17. The controller manager of 1.16 does not know
    /// it and ends at once; every node's part is a /24 there. AKS Engine passes the flag on unchecked.
    ///
    /// ## What to do instead
    ///
    /// Take the flag out, and leave the pod range at `fc00::/8`, or build Kubernetes 1.17 or later.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`.
    "aks-engine/ipv6-node-mask-flag-before-1-17",
    enforces: &[&matrix::aks_engine::NODE_MASK_FLAG],
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
    let Some(flag) = model.controller_manager_flag(IPV6_MASK_FLAG) else {
        return Ok(());
    };
    let version = model.kubernetes()?;
    if version.is_at_least(17) {
        return Ok(());
    }
    let message = format!("Kubernetes {version} has no flag --node-cidr-mask-size-ipv6, it came with 1.17");
    out.push(
        Finding::at(cx.subject(), flag, CauseKind::NotSupported, message)
            .because("the controller manager would end at once over a flag it does not know")
            .remedy("take the flag out, or build Kubernetes 1.17 or later"),
    );
    Ok(())
}
