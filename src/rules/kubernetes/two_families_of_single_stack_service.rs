use crate::facts::service::resolution::FamilyFault;
use crate::rule::prelude::*;

rule! {
    /// Two families or addresses of a single-stack Service
    ///
    /// ## Why
    ///
    /// The policy SingleStack, which is also what an absent policy means, allows one family. The API server
    /// refuses two families or two cluster IPs under it.
    ///
    /// ## What to do instead
    ///
    /// Say `ipFamilyPolicy: PreferDualStack` or `RequireDualStack`, or keep one family.
    ///
    /// ## Not reported
    ///
    /// An update that changes nothing but the policy to SingleStack: that is how a Service gives up its
    /// second family.
    "kubernetes/two-families-of-single-stack-service",
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
    if let Some(FamilyFault::TwoOfSingleStack(policy)) = cx.family_fault() {
        let message = if policy.is_nothing() {
            "two families or cluster IPs without a policy, which means SingleStack"
        } else {
            "two families or cluster IPs under the policy SingleStack"
        };
        let finding = if policy.is_absent() {
            Finding::missing(service, service.spec(), "ipFamilyPolicy", message)
        } else {
            Finding::at(service, policy, CauseKind::Invalid, message)
        };
        out.push(
            finding
                .because("the API server refuses the Service")
                .remedy("set ipFamilyPolicy to PreferDualStack or RequireDualStack, or keep one family"),
        );
    }
    Ok(())
}
