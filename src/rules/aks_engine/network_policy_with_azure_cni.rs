use crate::facts::aks_engine::Model;
use crate::rule::prelude::*;

rule! {
    /// Network policy beside Azure CNI in a dual-stack cluster
    ///
    /// ## Why
    ///
    /// No network policy engine is supported beside Azure CNI in a dual-stack cluster. AKS Engine refuses the
    /// model.
    ///
    /// ## What to do instead
    ///
    /// Take `networkPolicy` out, or use the plug-in `kubenet`.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`. Network policies beside kubenet.
    "aks-engine/network-policy-with-azure-cni",
    enforces: &[&matrix::aks_engine::NETWORK_POLICY],
    applies_to: &[Kind::ApiModel],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(model) = Model::dual_stack_azure(cx.subject(), cx.profile) else {
        return Ok(());
    };
    let policy = model.policy_field();
    if !policy.is_written() {
        return Ok(());
    }
    let message =
        format!("no network policy works with Azure CNI dual-stack, and {:?} is asked for", policy.text());
    out.push(
        policy
            .finding(cx.subject(), CauseKind::Forbidden, message)
            .because("AKS Engine refuses the model")
            .remedy("take networkPolicy out, or set networkPlugin to kubenet"),
    );
    Ok(())
}
