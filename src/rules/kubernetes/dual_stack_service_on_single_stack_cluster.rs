use crate::facts::service::resolution::FamilyFault;
use crate::rule::prelude::*;

rule! {
    /// Dual stack required of a cluster with one family
    ///
    /// ## Why
    ///
    /// A cluster has the families of its first Service range. Where it has one, the API server refuses a
    /// Service that requires two.
    ///
    /// ## What to do instead
    ///
    /// Use `PreferDualStack`, which takes two families where there are two, or give the cluster a second
    /// Service range.
    ///
    /// ## Not reported
    ///
    /// Services that an API server has settled already, as those that the webhook sees: it knows the cluster
    /// better. Clusters whose families nobody told, and headless Services without a selector, which may name
    /// any family. A Service that merely prefers dual stack.
    "kubernetes/dual-stack-service-on-single-stack-cluster",
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
    if let Some(FamilyFault::NoSecondFamily(policy, family)) = cx.family_fault() {
        let message = format!("the cluster has {family} Service addresses only");
        let finding = if policy.is_absent() {
            Finding::missing(service, service.spec(), "ipFamilyPolicy", message)
        } else {
            Finding::at(service, policy, CauseKind::Invalid, message)
        };
        out.push(
            finding
                .because("the API server refuses the Service")
                .remedy("use PreferDualStack or SingleStack, or give the cluster a second Service range"),
        );
    }
    Ok(())
}
