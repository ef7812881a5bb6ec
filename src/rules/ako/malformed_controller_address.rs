use crate::model::address::{Address, classify, meant};
use crate::rule::prelude::*;

rule! {
    /// An Avi controller address that is neither one address nor a DNS name
    ///
    /// ## Why
    ///
    /// AKO puts the value into a URL as it stands. A list of addresses, an address with a zone or a prefix length,
    /// an IPv4-mapped address or a whole URL gives a URL that leads nowhere or not where it was meant to: AKO never
    /// logs in, and its Pod restarts.
    ///
    /// ## What to do instead
    ///
    /// Give one address, or one DNS name. For a cluster of controllers that is the cluster's own address.
    ///
    /// ## Not reported
    ///
    /// An empty address. A DNS name or an IPv4 address with a port. IPv6 addresses, plain or in brackets, have rules
    /// of their own.
    "ako/malformed-controller-address",
    enforces: &[&matrix::ako::CONTROLLER_SYNTAX],
    applies_to: CONFIG,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(config) = Config::of(cx.subject(), &cx.profile.ako_namespace.value) else {
        return Ok(());
    };
    let field = config.at(Setting::Controller);
    if field.text().is_empty() {
        return Ok(());
    }
    let fault = match classify(field.text()) {
        Address::List => "several values, or a blank, where AKO takes one address",
        Address::Zoned => "an address with a zone, which has no meaning in AKO's Pod",
        Address::Mapped(_) => "an IPv4 address written as IPv6, which AKO cannot use",
        Address::WithPrefix => "a network, where AKO takes an address",
        Address::Garbage => "neither an address nor a DNS name",
        Address::V4(_) | Address::V6(_) | Address::Bracketed(_) | Address::Name => return Ok(()),
    };
    out.push(
        Finding::at(config.object, field, CauseKind::Invalid, fault)
            .because("AKO would not reach the Avi controller and would program nothing")
            .remedy("give one address, or one DNS name, of the Avi controller")
            .meant(meant(field.text()).map(|address| address.to_string())),
    );
    Ok(())
}
