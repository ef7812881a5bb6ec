use crate::rule::prelude::*;

rule! {
    /// Family field that the release does not have yet
    ///
    /// ## Why
    ///
    /// `ipFamilies`, `ipFamilyPolicy` and `clusterIPs` came with 1.20, `ipFamily` with 1.16. An older API server does
    /// not know them: kubectl refuses the Service, and where that check is off the fields are dropped without a word.
    ///
    /// The release is that of the profile, else that of a kubeadm document, an AKS Engine model or a kOps Cluster among
    /// the inputs.
    ///
    /// ## What to do instead
    ///
    /// Use `spec.ipFamily`, which 1.16 to 1.19 have, or move to 1.20 or later.
    ///
    /// ## Not reported
    ///
    /// Releases from 1.20 on.
    "kubernetes/early-family-field",
    enforces: &[&matrix::kubernetes::FAMILY_FIELDS, &matrix::aks_engine::SERVICE_FAMILY_FIELDS],
    applies_to: &[Kind::Service],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let kubernetes = cx.kubernetes();
    if kubernetes.minor >= 20 {
        return Ok(());
    }
    let spec = cx.subject().spec();
    let legacy = (kubernetes.minor < 16).then_some("ipFamily");
    let early = legacy.into_iter().chain(["ipFamilies", "ipFamilyPolicy", "clusterIPs"]);
    for field in early.map(|key| spec.at(key)) {
        if field.is_nothing() {
            continue;
        }
        let message = format!("there is no {} in Kubernetes {}", field.key(), kubernetes.text);
        out.push(
            Finding::at(cx.subject(), field, CauseKind::NotSupported, message)
                .because("kubectl refuses the field, and where that check is off it is dropped")
                .remedy("use spec.ipFamily from 1.16 to 1.19, or move to Kubernetes 1.20 or later"),
        );
    }
    Ok(())
}
