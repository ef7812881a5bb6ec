use crate::model::address::spelt;
use crate::rule::prelude::*;

rule! {
    /// Address type that a slice cannot have
    ///
    /// ## Why
    ///
    /// An EndpointSlice is of type IPv4, IPv6 or FQDN, in exactly that spelling, and never changes its type.
    ///
    /// ## What to do instead
    ///
    /// Write IPv4 or IPv6. For another type delete the slice and create it anew.
    ///
    /// ## Not reported
    ///
    /// The type FQDN, of which another rule warns.
    "kubernetes/unusable-address-type",
    enforces: &[&matrix::kubernetes::ENDPOINT_SLICES],
    applies_to: &[Kind::EndpointSlice],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

const TYPES: [&str; 3] = ["IPv4", "IPv6", "FQDN"];

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let slice = cx.subject();
    let field = slice.at_key("addressType");
    let was = cx.old.map_or("", |old| old.at_key("addressType").text());
    let why = if !was.is_empty() && was != field.text() {
        format!("the address type is {was} for good")
    } else if !TYPES.contains(&field.text()) {
        format!("{:?} is no address type", field.text())
    } else {
        return Ok(());
    };
    let finding = if field.is_absent() {
        Finding::missing(slice, slice.root(), "addressType", why)
    } else {
        Finding::at(slice, field, CauseKind::NotSupported, why)
    };
    out.push(
        finding
            .because("the API server refuses the slice")
            .remedy("write IPv4 or IPv6, or delete the slice and create it anew")
            .meant(spelt(field.text(), &TYPES).filter(|_| was.is_empty())),
    );
    Ok(())
}
