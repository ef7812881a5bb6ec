use crate::facts::service::resolution::family_of;
use crate::model::IpFamily;
use crate::rule::prelude::*;

rule! {
    /// ExternalName that is an IP address
    ///
    /// ## Why
    ///
    /// An ExternalName is answered as a CNAME. One made of digits and dots is accepted and answered as a
    /// name, which no resolver follows; an IPv6 address is no name at all,
    /// and the API server refuses it.
    ///
    /// ## What to do instead
    ///
    /// Use a headless Service without a selector, and an EndpointSlice with the address.
    ///
    /// ## Not reported
    ///
    /// Names.
    "kubernetes/literal-external-name",
    enforces: &[&matrix::kubernetes::UNCHECKED_ADDRESSES],
    applies_to: &[Kind::Service],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    only_if_allowed: true,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    let name = service.spec().at("externalName");
    if !cx.is_external_name() {
        return Ok(());
    }
    if let Some(family) = family_of(name.text()) {
        let consequence = if family == IpFamily::V4 && !name.text().contains(':') {
            "it is answered as a CNAME that no resolver follows"
        } else {
            "an IPv6 address is no name in DNS, and the API server refuses it"
        };
        out.push(
            Finding::at(service, name, CauseKind::Invalid, format!("the name {} is an address", name.text()))
                .because(consequence)
                .remedy("use a headless Service without a selector and an EndpointSlice with the address"),
        );
    }
    Ok(())
}
