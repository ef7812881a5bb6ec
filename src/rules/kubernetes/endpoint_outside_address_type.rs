use crate::model::IpFamily;
use crate::model::address::{Address, classify};
use crate::rule::prelude::*;

rule! {
    /// Endpoint that is not of its slice's address type
    ///
    /// ## Why
    ///
    /// Every address of an EndpointSlice is of its `addressType`: IPv4, or IPv6 in its canonical spelling,
    /// and neither loopback nor link-local nor unspecified. The API server refuses anything else.
    ///
    /// ## What to do instead
    ///
    /// Write one slice for each family.
    ///
    /// ## Not reported
    ///
    /// Names in slices of type FQDN, and IPv4 addresses there, which pass for names.
    "kubernetes/endpoint-outside-address-type",
    enforces: &[&matrix::kubernetes::ENDPOINT_SLICES],
    applies_to: &[Kind::EndpointSlice],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let slice = cx.subject();
    let kind = slice.at_key("addressType").text();
    let family = IpFamily::parse(kind);
    if family.is_none() && kind != "FQDN" {
        return Ok(());
    }
    let fault = |text| match family {
        Some(family) => fault(text, family),
        // an IPv4 address passes for a name there
        None => matches!(classify(text), Address::V6(_) | Address::Mapped(_)).then_some("has no place"),
    };
    for endpoint in slice.at_key("endpoints").items() {
        let field = endpoint.at("addresses");
        let fault = field.items().find_map(|address| Some((address, fault(address.text())?)));
        if let Some((address, why)) = fault {
            let wanted = if family.is_some() { "addresses" } else { "names" };
            let message = format!("{:?} {why} in a slice of type {kind}", address.text());
            out.push(
                Finding::at(slice, field, CauseKind::Invalid, message)
                    .because("the API server refuses the slice")
                    .remedy(format!("write {kind} {wanted} only, the others in a slice of their own")),
            );
        }
    }
    Ok(())
}

fn fault(text: &str, family: IpFamily) -> Option<&'static str> {
    match (classify(text), family) {
        (Address::V4(address), IpFamily::V4) => {
            let bad = address.is_unspecified()
                || address.is_loopback()
                || address.is_link_local()
                || (address.is_multicast() && address.octets().starts_with(&[224, 0, 0]));
            bad.then_some("is no address of an endpoint")
        }
        (Address::V6(address), IpFamily::V6) => {
            let local = (address.is_multicast() && address.segments().first() == Some(&0xff02))
                || address.is_unicast_link_local();
            if address.is_unspecified() || address.is_loopback() || local {
                Some("is no address of an endpoint")
            } else {
                (address.to_string() != text).then_some("is not in canonical form")
            }
        }
        _ => Some("has no place"),
    }
}
