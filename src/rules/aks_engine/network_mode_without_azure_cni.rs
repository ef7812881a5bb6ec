use crate::facts::aks_engine::Model;
use crate::rule::prelude::*;

rule! {
    /// Network mode without Azure CNI in a dual-stack cluster
    ///
    /// ## Why
    ///
    /// `networkMode` belongs to Azure CNI. With another plug-in AKS Engine refuses the model.
    ///
    /// ## What to do instead
    ///
    /// Take `networkMode` out, or set `networkPlugin` to `azure`.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`. A `kubernetesConfig` that names no plug-in: another rule
    /// reports that.
    "aks-engine/network-mode-without-azure-cni",
    enforces: &[&matrix::aks_engine::NETWORK_MODE],
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
    let mode = model.mode_field();
    let Some(plugin) = model.network_plugin().filter(|_| !model.is_azure_cni() && mode.is_written()) else {
        return Ok(());
    };
    let message =
        format!("networkMode {:?} belongs to Azure CNI, and the plug-in is {plugin:?}", mode.text());
    out.push(
        mode.finding(cx.subject(), CauseKind::Forbidden, message)
            .because("AKS Engine refuses the model")
            .remedy("take networkMode out, or set networkPlugin to azure"),
    );
    Ok(())
}
