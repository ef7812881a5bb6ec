use crate::facts::aks_engine::Model;
use crate::rule::prelude::*;

rule! {
    /// Dual-stack cluster with Kubernetes before 1.16
    ///
    /// ## Why
    ///
    /// Kubernetes knows dual-stack from 1.16.0 on, and AKS Engine refuses it before. The version judged is
    /// the one that would be built: `orchestratorVersion`, else the newest of `orchestratorRelease`, else the
    /// default of the tool.
    ///
    /// ## What to do instead
    ///
    /// Write an `orchestratorVersion` of 1.16.0 or later; the last release of AKS Engine creates 1.20.15 to
    /// 1.24.17.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`.
    "aks-engine/dual-stack-before-1-16",
    enforces: &[&matrix::aks_engine::KUBERNETES],
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
    let version = model.kubernetes()?;
    if version.is_at_least(16) {
        return Ok(());
    }
    let message = format!("dual-stack needs Kubernetes 1.16.0 or later, and the model asks for {version}");
    out.push(
        model
            .version_field()
            .finding(cx.subject(), CauseKind::NotSupported, message)
            .because("AKS Engine refuses the model")
            .remedy("set orchestratorVersion to 1.16.0 or later"),
    );
    Ok(())
}
