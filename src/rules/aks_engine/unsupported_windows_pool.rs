use crate::facts::aks_engine::Model;
use crate::rule::prelude::*;

rule! {
    /// Windows pool that cannot be dual-stack
    ///
    /// ## Why
    ///
    /// Windows nodes do dual-stack from Kubernetes 1.19 on, and AKS Engine builds them from 0.61 on.
    ///
    /// ## What to do instead
    ///
    /// Build Kubernetes 1.19 or later with AKS Engine 0.61 or later, or take the Windows pools out.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`. The Windows image and a version that is not written out: other
    /// rules.
    "aks-engine/unsupported-windows-pool",
    enforces: &[&matrix::aks_engine::WINDOWS_POOLS],
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
    let pools = model.windows_pools();
    if pools.is_empty() {
        return Ok(());
    }
    let message = if model.tool_is_at_least(61) {
        let version = model.kubernetes()?;
        if version.is_at_least(19) {
            return Ok(());
        }
        format!(
            "a Windows pool in a dual-stack cluster needs Kubernetes 1.19, and the model asks for {version}"
        )
    } else {
        let tool = model.tool();
        format!("AKS Engine {tool} builds no Windows pools in a dual-stack cluster, only 0.61 and later do")
    };
    for pool in pools {
        out.push(
            pool.finding(cx.subject(), CauseKind::NotSupported, message.clone())
                .because("AKS Engine refuses the model")
                .remedy("build Kubernetes 1.19 or later with AKS Engine 0.61 or later, or take the pool out"),
        );
    }
    Ok(())
}
