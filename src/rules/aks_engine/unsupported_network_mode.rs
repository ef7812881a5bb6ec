use crate::facts::aks_engine::Model;
use crate::rule::prelude::*;

rule! {
    /// Azure CNI in another mode than bridge before AKS Engine 0.68
    ///
    /// ## Why
    ///
    /// AKS Engine 0.58 to 0.67 build dual-stack clusters with Azure CNI in bridge mode only, and want it
    /// written out: what they fill in otherwise is another mode, and they refuse the model.
    ///
    /// ## What to do instead
    ///
    /// Set `networkMode` to `bridge`, or move to AKS Engine 0.68 or later, whose default `transparent` is
    /// recommended.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`. Other releases of AKS Engine, which have no such limit.
    "aks-engine/unsupported-network-mode",
    enforces: &[&matrix::aks_engine::NETWORK_MODE],
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
    let only_bridge = model.tool_is_at_least(58) && !model.tool_is_at_least(68);
    if !only_bridge || model.network_mode() == Some("bridge") {
        return Ok(());
    }
    let tool = model.tool();
    let message = match model.network_mode() {
        Some(mode) => {
            format!("AKS Engine {tool} does Azure CNI dual-stack in bridge mode only, not {mode:?}")
        }
        None => {
            format!("AKS Engine {tool} does Azure CNI dual-stack in bridge mode only, which must be written")
        }
    };
    out.push(
        model
            .mode_field()
            .finding(cx.subject(), CauseKind::NotSupported, message)
            .because("AKS Engine refuses the model")
            .remedy("set networkMode to bridge, or move to AKS Engine 0.68 or later"),
    );
    Ok(())
}
