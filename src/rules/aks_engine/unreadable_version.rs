use crate::facts::aks_engine::model::{Model, Stack};
use crate::model::Release;
use crate::rule::prelude::*;

rule! {
    /// An orchestratorVersion that is none
    ///
    /// ## Why
    ///
    /// The tool creates clusters of versions it knows by number. What is no version it refuses, and whether dual stack, proxy
    /// mode and node mask fit cannot be told.
    ///
    /// ## What to do instead
    ///
    /// Write the version in full, such as `1.23.17`, or the release line in `orchestratorRelease`.
    ///
    /// ## Not reported
    ///
    /// A version that is left out: the tool has a default. Clusters without IPv6.
    "aks-engine/unreadable-version",
    enforces: &[&matrix::aks_engine::KUBERNETES],
    applies_to: &[Kind::ApiModel],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let model = Model::of(cx.subject(), cx.profile);
    let field = model.version_field();
    if model.stack == Stack::Single || !field.is_written() || field.text().parse::<Release>().is_ok() {
        return Ok(());
    }
    out.push(
        field
            .finding(cx.subject(), CauseKind::Invalid, "this is no version of Kubernetes")
            .because("AKS Engine would refuse it")
            .remedy("write the version in full, such as 1.23.17"),
    );
    Ok(())
}
