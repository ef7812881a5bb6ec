use crate::facts::aks_engine::Model;
use crate::rule::prelude::*;

rule! {
    /// Azure CNI in bridge mode in a dual-stack cluster
    ///
    /// ## Why
    ///
    /// From AKS Engine 0.68 on, dual-stack clusters with Azure CNI may use the mode `transparent`, which is
    /// recommended and the default. `bridge` still works and is to be deprecated.
    ///
    /// ## What to do instead
    ///
    /// Take `networkMode` out, or set it to `transparent`.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`. AKS Engine before 0.68, where bridge is the only mode.
    "aks-engine/bridge-network-mode",
    enforces: &[&matrix::aks_engine::NETWORK_MODE],
    applies_to: &[Kind::ApiModel],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(model) = Model::dual_stack_azure(cx.subject(), cx.profile) else {
        return Ok(());
    };
    if model.network_mode() != Some("bridge") || !model.tool_is_at_least(68) {
        return Ok(());
    }
    let message = "bridge mode is to be deprecated, and transparent is recommended";
    out.push(
        model
            .mode_field()
            .finding(cx.subject(), CauseKind::NotSupported, message)
            .because("the cluster works, and would have to be rebuilt once the mode is gone")
            .remedy("take networkMode out, or set it to transparent"),
    );
    Ok(())
}
