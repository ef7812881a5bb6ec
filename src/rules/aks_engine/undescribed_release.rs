use crate::facts::aks_engine::model::{Model, Stack};
use crate::facts::profile::LAST_AKS_ENGINE;
use crate::rule::prelude::*;

rule! {
    /// An AKS Engine release that nobody has described
    ///
    /// ## Why
    ///
    /// The project ended with 0.79.0. A newer release is somebody's own; it is judged as the last one of the project, from
    /// which it may differ.
    ///
    /// ## What to do instead
    ///
    /// State the release of the project that it was made from.
    ///
    /// ## Not reported
    ///
    /// Clusters without IPv6.
    "aks-engine/undescribed-release",
    enforces: &[&matrix::aks_engine::DESCRIBED_RELEASES],
    applies_to: &[Kind::ApiModel],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let (tool, model) = (&cx.profile.aks_engine, Model::of(cx.subject(), cx.profile));
    let last = (LAST_AKS_ENGINE.major, LAST_AKS_ENGINE.minor);
    if (tool.value.major, tool.value.minor) <= last || model.stack == Stack::Single {
        return Ok(());
    }
    let message = format!("AKS Engine {} is newer than the last release of the project", tool.text);
    out.push(
        model
            .field(&["properties"])
            .finding(cx.subject(), CauseKind::NotSupported, message)
            .because("it is judged as the last release, from which it may differ")
            .remedy("state the release of the project that it was made from"),
    );
    Ok(())
}
