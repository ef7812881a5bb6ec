use crate::rule::prelude::*;

rule! {
    /// Field spec.ipFamily, which Kubernetes 1.20 replaced
    ///
    /// ## Why
    ///
    /// Kubernetes 1.16 to 1.19 had `spec.ipFamily`. From 1.20 on the field is unknown: kubectl refuses it,
    /// and where that check is off it is dropped and the Service gets the cluster's primary family.
    ///
    /// The release is that of the profile, else that of a kubeadm document, an AKS Engine model or a kOps Cluster among
    /// the inputs.
    ///
    /// ## What to do instead
    ///
    /// Write `ipFamilies: [IPv4]` or `ipFamilies: [IPv6]`.
    ///
    /// ## Not reported
    ///
    /// Releases before 1.20.
    "kubernetes/replaced-ip-family-field",
    enforces: &[&matrix::kubernetes::LEGACY_FAMILY, &matrix::aks_engine::SERVICE_FAMILY_FIELDS],
    applies_to: &[Kind::Service],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let kubernetes = cx.kubernetes();
    let field = cx.subject().spec().at("ipFamily");
    if kubernetes.minor < 20 || field.is_nothing() {
        return Ok(());
    }
    let message = format!("there is no ipFamily in Kubernetes {}", kubernetes.text);
    out.push(
        Finding::at(cx.subject(), field, CauseKind::NotSupported, message)
            .because(
                "kubectl refuses the field, and where that check is off the Service gets the primary family",
            )
            .remedy("write ipFamilies with one entry instead"),
    );
    Ok(())
}
