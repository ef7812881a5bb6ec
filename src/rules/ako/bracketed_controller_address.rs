use crate::model::address::{Address, classify, meant};
use crate::rule::prelude::*;

rule! {
    /// IPv6 address of the Avi controller in brackets
    ///
    /// ## Why
    ///
    /// From 1.12.1 AKO takes a plain IPv6 address and adds the brackets a URL needs by itself. An address that
    /// already has them is used as it stands, as if it were a name. Logging in works that way, but it is not the
    /// form AKO expects.
    ///
    /// ## What to do instead
    ///
    /// Write the address without brackets.
    ///
    /// ## Not reported
    ///
    /// Releases before 1.12.1, which do not support an IPv6 controller at all: another rule refuses it.
    "ako/bracketed-controller-address",
    enforces: &[&matrix::ako::CONTROLLER_SYNTAX],
    applies_to: CONFIG,
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if !cx.era().has_dual_stack() {
        return Ok(());
    }
    let Some(config) = Config::of(cx.subject(), &cx.profile.ako_namespace.value) else {
        return Ok(());
    };
    let field = config.at(Setting::Controller);
    let Address::Bracketed(address) = classify(field.text()) else {
        return Ok(());
    };
    out.push(
        Finding::at(
            config.object,
            field,
            CauseKind::Invalid,
            "AKO adds the brackets to an IPv6 address itself",
        )
        .because("AKO would use the text as it stands, as if it were a name")
        .remedy(format!("write {address}"))
        .meant(meant(field.text()).map(|address| address.to_string())),
    );
    Ok(())
}
