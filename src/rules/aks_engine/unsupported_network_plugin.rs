use crate::facts::aks_engine::Model;
use crate::rule::prelude::*;

rule! {
    /// Network plug-in that does not do dual-stack
    ///
    /// ## Why
    ///
    /// AKS Engine builds dual-stack clusters with kubenet, and from 0.50 on with Azure CNI. It refuses any
    /// other plug-in, and a `kubernetesConfig` that names none.
    ///
    /// Without any `kubernetesConfig` the plug-in is `azure`.
    ///
    /// ## What to do instead
    ///
    /// Set `networkPlugin` to `kubenet`, or with AKS Engine 0.50 or later to `azure`.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`. What IPv6-only clusters may use is another rule.
    "aks-engine/unsupported-network-plugin",
    enforces: &[&matrix::aks_engine::NETWORK_PLUGIN],
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
    let has_azure = model.tool_is_at_least(50);
    let plugin = model.network_plugin();
    if plugin == Some("kubenet") || (has_azure && plugin == Some("azure")) {
        return Ok(());
    }
    let allowed = if has_azure { "kubenet or azure" } else { "kubenet" };
    let message = match plugin {
        Some(plugin) => {
            let tool = model.tool();
            format!(
                "the plug-in {plugin:?} does not do dual-stack with AKS Engine {tool}, only {allowed} does"
            )
        }
        None => format!("kubernetesConfig names no plug-in, and dual-stack needs {allowed}"),
    };
    out.push(
        model
            .plugin_field()
            .finding(cx.subject(), CauseKind::NotSupported, message)
            .because("AKS Engine refuses the model")
            .remedy(format!("set networkPlugin to {allowed}")),
    );
    Ok(())
}
