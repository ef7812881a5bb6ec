use crate::facts::service::resolution::is_external_name;
use crate::rule::prelude::*;

rule! {
    /// Field spec.ipFamily changed after creation
    ///
    /// ## Why
    ///
    /// From 1.16 to 1.19 the family of a Service is chosen when it is created, for good. Until 1.18 every update must name
    /// it (K@1.18.20, 1.19.16:pkg/registry/core/service/strategy.go, `PrepareForUpdate`).
    ///
    /// ## What to do instead
    ///
    /// Create another Service, or delete this one and create it anew.
    ///
    /// ## Not reported
    ///
    /// Services that were or become of type ExternalName, and a family set for the first time. The
    /// field left out in 1.19: the API server keeps it.
    "kubernetes/changed-legacy-ip-family",
    enforces: &[&matrix::kubernetes::LEGACY_FAMILY],
    applies_to: &[Kind::Service],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    let Some(old) = cx.old.filter(|_| cx.operation == Operation::Update) else {
        return Ok(());
    };
    let field = service.spec().at("ipFamily");
    let was = old.spec().at("ipFamily").text();
    let minor = cx.kubernetes().minor;
    if !(16..=19).contains(&minor) || was.is_empty() || field.text() == was {
        return Ok(());
    }
    // from 1.19 on what is left out is kept
    let is_kept = minor >= 19 && field.is_nothing();
    if is_kept || is_external_name(service) || is_external_name(old) {
        return Ok(());
    }
    let message = format!("ipFamily is {was} for good");
    let finding = if field.is_absent() {
        Finding::missing(service, service.spec(), "ipFamily", message)
    } else {
        Finding::at(service, field, CauseKind::Invalid, message)
    };
    out.push(
        finding
            .because("the API server refuses the change")
            .remedy("leave ipFamily as it is, or delete the Service and create it anew"),
    );
    Ok(())
}
