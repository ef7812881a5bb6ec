use crate::facts::aks_engine::Model;
use crate::rule::prelude::*;

rule! {
    /// Windows pool in a dual-stack cluster without a written version
    ///
    /// ## Why
    ///
    /// AKS Engine compares `orchestratorVersion` as it is written with 1.19 when it meets a Windows pool in a
    /// dual-stack cluster. With `orchestratorRelease` only, or with neither, there is nothing to compare, and
    /// it refuses a model that is good.
    ///
    /// ## What to do instead
    ///
    /// Write the whole version, for example `orchestratorVersion: 1.23.17`.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`. Models that are refused for their version or for the release
    /// of AKS Engine anyway.
    "aks-engine/windows-pool-without-exact-version",
    enforces: &[&matrix::aks_engine::WINDOWS_POOLS],
    applies_to: &[Kind::ApiModel],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(model) = Model::dual_stack(cx.subject(), cx.profile) else {
        return Ok(());
    };
    let field = model.version_field();
    if field.is_written() || model.windows_pools().is_empty() || !model.tool_is_at_least(61) {
        return Ok(());
    }
    if model.kubernetes().is_ok_and(|version| !version.is_at_least(19)) {
        return Ok(());
    }
    let message = "a Windows pool in a dual-stack cluster wants orchestratorVersion written out";
    out.push(
        field
            .finding(cx.subject(), CauseKind::Required, message)
            .because("AKS Engine compares the text as written and refuses the model")
            .remedy("write the whole version, such as orchestratorVersion 1.23.17"),
    );
    Ok(())
}
