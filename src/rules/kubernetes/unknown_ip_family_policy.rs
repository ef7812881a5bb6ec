use crate::model::address::spelt;
use crate::rule::prelude::*;

rule! {
    /// Family policy that does not exist
    ///
    /// ## Why
    ///
    /// `ipFamilyPolicy` takes SingleStack, PreferDualStack and RequireDualStack in exactly that spelling.
    ///
    /// ## What to do instead
    ///
    /// Write one of the three.
    ///
    /// ## Not reported
    ///
    /// Releases before 1.20, which do not know the field, and ExternalName Services, which may not have it.
    "kubernetes/unknown-ip-family-policy",
    enforces: &[&matrix::kubernetes::SERVICE_FAMILIES],
    applies_to: &[Kind::Service],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

const POLICIES: [&str; 3] = ["SingleStack", "PreferDualStack", "RequireDualStack"];

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    let policy = service.spec().at("ipFamilyPolicy");
    if policy.is_nothing() || cx.kubernetes().minor < 20 || cx.is_external_name() {
        return Ok(());
    }
    if !POLICIES.contains(&policy.text()) {
        let message = format!("{:?} is no family policy", policy.text());
        out.push(
            Finding::at(service, policy, CauseKind::NotSupported, message)
                .because("the API server refuses the Service")
                .remedy(format!("write one of {}", POLICIES.join(", ")))
                .meant(spelt(policy.text(), &POLICIES)),
        );
    }
    Ok(())
}
