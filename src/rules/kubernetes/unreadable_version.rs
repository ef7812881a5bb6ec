use crate::model::Release;
use crate::rule::prelude::*;

rule! {
    /// A kubernetesVersion that is none
    ///
    /// ## Why
    ///
    /// Nearly every limit of a component depends on its release. What cannot be read as one leaves the document to be judged
    /// as the newest release described, and kubeadm refuses it.
    ///
    /// ## What to do instead
    ///
    /// Write the version in full, such as `v1.36.3`.
    ///
    /// ## Not reported
    ///
    /// A version that is left out. What kubeadm looks up: `stable`, `latest`, such with a release line, and names in a
    /// bucket.
    "kubernetes/unreadable-version",
    enforces: &[&matrix::kubernetes::DESCRIBED_RELEASES],
    applies_to: &[Kind::ClusterFlags, Kind::ClusterConfiguration],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let (subject, field) = (cx.subject(), cx.subject().at_key("kubernetesVersion"));
    let text = field.text();
    let labels = ["stable", "latest"];
    let is_looked_up = labels.iter().any(|label| text.starts_with(label)) || text.contains('/');
    let is_looked_up = is_looked_up && subject.kind() == Some(Kind::ClusterConfiguration);
    if field.is_nothing() || is_looked_up || text.parse::<Release>().is_ok() {
        return Ok(());
    }
    out.push(
        Finding::at(subject, field, CauseKind::Invalid, "this is no version of Kubernetes")
            .because("nobody can tell which limits hold, and kubeadm would refuse it")
            .remedy("write the version in full, such as v1.36.3"),
    );
    Ok(())
}
