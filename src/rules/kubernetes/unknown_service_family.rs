use crate::model::IpFamily;
use crate::model::address::spelt;
use crate::rule::prelude::*;

rule! {
    /// Family that is neither IPv4 nor IPv6
    ///
    /// ## Why
    ///
    /// `ipFamilies` takes the words IPv4 and IPv6 in exactly that spelling. The API server refuses anything
    /// else.
    ///
    /// ## What to do instead
    ///
    /// Write `IPv4` or `IPv6`.
    ///
    /// ## Not reported
    ///
    /// Releases before 1.20, which do not know the field, and ExternalName Services, which may not have it.
    "kubernetes/unknown-service-family",
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
    let families = service.spec().at("ipFamilies").items();
    for family in families.filter(|family| IpFamily::parse(family.text()).is_none()) {
        // what is there already would only be refused as repeated
        let is_new =
            |meant: &&str| !service.spec().at("ipFamilies").items().any(|other| other.text() == *meant);
        let message = format!("{:?} is no IP family", family.text());
        out.push(
            Finding::at(service, family, CauseKind::NotSupported, message)
                .because("the API server refuses the Service")
                .remedy("write IPv4 or IPv6, in exactly that spelling")
                .meant(spelt(family.text(), &["IPv4", "IPv6"]).filter(is_new)),
        );
    }
    Ok(())
}
