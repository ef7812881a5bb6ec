use crate::model::address::{Address, classify};
use crate::rule::prelude::*;

rule! {
    /// IPv6 address of the Avi controller before AKO 1.12.1
    ///
    /// ## Why
    ///
    /// Before 1.12.1 AKO supports talking to the Avi controller over IPv4 only. It builds the URL from the address
    /// as written, so a plain IPv6 address gives no usable URL and AKO never logs in. An address in brackets happens
    /// to work, but is as little supported.
    ///
    /// ## What to do instead
    ///
    /// Give the controller's IPv4 address, or a DNS name that resolves to it, or move to AKO 1.12.1 or later.
    ///
    /// ## Not reported
    ///
    /// A DNS name: the family of its address cannot be read from the configuration. An empty address.
    "ako/ipv6-controller-address",
    enforces: &[&matrix::ako::CONTROLLER_ADDRESS],
    applies_to: CONFIG,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if cx.era().has_dual_stack() {
        return Ok(());
    }
    let Some(config) = Config::of(cx.subject(), &cx.profile.ako_namespace.value) else {
        return Ok(());
    };
    let field = config.at(Setting::Controller);
    if !matches!(classify(field.text()), Address::V6(_) | Address::Bracketed(_)) {
        return Ok(());
    }
    let release = &cx.profile.ako.text;
    out.push(
        Finding::at(
            config.object,
            field,
            CauseKind::NotSupported,
            format!("AKO {release} talks to the Avi controller over IPv4 only"),
        )
        .because("AKO would not reach the controller and would program nothing")
        .remedy("give the controller's IPv4 address or a DNS name, or move to AKO 1.12.1 or later"),
    );
    Ok(())
}
