use crate::facts::cluster::release::named_by;
use crate::facts::profile::NEWEST_KUBERNETES;
use crate::rule::prelude::*;

rule! {
    /// A Kubernetes release that nobody has described yet
    ///
    /// ## Why
    ///
    /// What a component takes has changed with nearly every release. This one is newer than any whose behaviour is written
    /// down in ako-gate; it is judged as the newest one that is, and may differ.
    ///
    /// ## What to do instead
    ///
    /// Look for a newer ako-gate. Until there is one, read the release's own notes before relying on what the gate says.
    ///
    /// ## Not reported
    ///
    /// Newer third numbers of release lines that are described.
    "kubernetes/undescribed-release",
    enforces: &[&matrix::kubernetes::DESCRIBED_RELEASES],
    applies_to: &[Kind::ClusterFlags, Kind::ClusterConfiguration],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let newest = (NEWEST_KUBERNETES.major, NEWEST_KUBERNETES.minor);
    let named = named_by(cx.subject()).filter(|(release, _)| (release.major, release.minor) > newest);
    if let Some((_, text)) = named {
        out.push(
            Finding::at(
                cx.subject(),
                cx.subject().at_key("kubernetesVersion"),
                CauseKind::NotSupported,
                format!("Kubernetes {text} is newer than any release ako-gate describes"),
            )
            .because("it is judged as the newest release described, from which it may differ")
            .remedy("look for a newer ako-gate, and read the release notes until there is one"),
        );
    }
    Ok(())
}
