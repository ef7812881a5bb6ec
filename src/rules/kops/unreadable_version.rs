use crate::model::Release;
use crate::rule::prelude::*;

rule! {
    /// A kubernetesVersion that is none
    ///
    /// ## Why
    ///
    /// What kOps takes depends on the Kubernetes it builds. A version that cannot be read is refused by kOps.
    ///
    /// ## What to do instead
    ///
    /// Write the version in full, such as `1.36.3`.
    ///
    /// ## Not reported
    ///
    /// A version that is left out, and the address of a build.
    "kops/unreadable-version",
    enforces: &[&matrix::kops::DESCRIBED_RELEASES],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let field = cx.subject().spec().at("kubernetesVersion");
    let text = field.text();
    if field.is_nothing() || text.is_empty() || text.contains("://") || text.parse::<Release>().is_ok() {
        return Ok(());
    }
    out.push(
        Finding::at(cx.subject(), field, CauseKind::Invalid, "this is no version of Kubernetes")
            .because("kOps would refuse it")
            .remedy("write the version in full, such as 1.36.3"),
    );
    Ok(())
}
