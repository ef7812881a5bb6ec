use crate::facts::service::resolution::FamilyFault;
use crate::rule::prelude::*;

rule! {
    /// Family that the cluster does not have
    ///
    /// ## Why
    ///
    /// A cluster has the families of its first Service range. The API server refuses a Service that names
    /// another.
    ///
    /// ## What to do instead
    ///
    /// Name a family that the cluster has, leave `ipFamilies` away, or give the cluster a Service range of
    /// that family.
    ///
    /// ## Not reported
    ///
    /// Services that an API server has settled already, as those that the webhook sees: it knows the cluster
    /// better. Clusters whose families nobody told, and headless Services without a selector, which may name
    /// any family. A Service that merely prefers dual stack.
    "kubernetes/unconfigured-service-family",
    enforces: &[&matrix::kubernetes::SERVICE_FAMILIES],
    applies_to: &[Kind::Service],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    if cx.kubernetes().minor < 20 {
        return Ok(());
    }
    if let Some(FamilyFault::NotConfigured(field, family)) = cx.family_fault() {
        out.push(
            Finding::at(
                service,
                field,
                CauseKind::Invalid,
                format!("the cluster has no {family} Service addresses"),
            )
            .because("the API server refuses the Service")
            .remedy("name a family that the cluster has, or give the cluster a Service range of that family"),
        );
    }
    Ok(())
}
