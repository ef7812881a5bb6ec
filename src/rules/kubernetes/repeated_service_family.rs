use crate::model::{Families, IpFamily};
use crate::rule::prelude::*;

rule! {
    /// Family listed twice by a Service
    ///
    /// ## Why
    ///
    /// A Service has each family once. The API server refuses a second entry of the same family.
    ///
    /// ## What to do instead
    ///
    /// Remove the second entry, or name the other family.
    ///
    /// ## Not reported
    ///
    /// Releases before 1.20, which do not know the field.
    "kubernetes/repeated-service-family",
    enforces: &[&matrix::kubernetes::SERVICE_FAMILIES],
    applies_to: &[Kind::Service],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    if cx.kubernetes().minor < 20 || cx.is_external_name() {
        return Ok(());
    }
    let mut seen = Families::NONE;
    for node in service.spec().at("ipFamilies").items() {
        let Some(family) = IpFamily::parse(node.text()) else { continue };
        if seen.contains(family) {
            let message = format!("the Service lists {family} twice");
            out.push(
                Finding::at(service, node, CauseKind::Invalid, message)
                    .because("the API server refuses the Service")
                    .remedy("remove the entry, or name the other family"),
            );
        }
        let now: Families = [family].into_iter().collect();
        seen = Families { v4: seen.v4 || now.v4, v6: seen.v6 || now.v6 };
    }
    Ok(())
}
