use crate::facts::service::resolution::FamilyFault;
use crate::rule::prelude::*;

rule! {
    /// Second family taken from a Service without giving up dual stack
    ///
    /// ## Why
    ///
    /// A Service loses its second family by the policy SingleStack alone. A shorter list of families or
    /// addresses under another policy is refused.
    ///
    /// ## What to do instead
    ///
    /// Set `ipFamilyPolicy: SingleStack`.
    ///
    /// ## Not reported
    ///
    /// Lists left out altogether: the API server keeps what the Service has.
    "kubernetes/removed-service-family",
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
    if let Some(FamilyFault::Fewer(policy)) = cx.family_fault() {
        let message = "fewer families or cluster IPs than before under a dual-stack policy";
        let finding = if policy.is_absent() {
            Finding::missing(service, service.spec(), "ipFamilyPolicy", message)
        } else {
            Finding::at(service, policy, CauseKind::Invalid, message)
        };
        out.push(
            finding
                .because("the API server refuses the change")
                .remedy("set ipFamilyPolicy to SingleStack to give up the second family"),
        );
    }
    Ok(())
}
