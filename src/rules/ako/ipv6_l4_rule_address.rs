use crate::facts::ako::era;
use crate::model::address::{Address, classify};
use crate::rule::prelude::*;

rule! {
    /// IPv6 address in an L4Rule
    ///
    /// ## Why
    ///
    /// AKO reads L4Rules from 1.10.1 on. Before 1.12.1 it sends their `loadBalancerIP` to the Avi Controller
    /// labelled as IPv4. The Controller refuses an IPv6 one, and the Services that name the L4Rule stay
    /// without an address.
    ///
    /// ## What to do instead
    ///
    /// Write an IPv4 address or none, or move to AKO 1.12.1 or later.
    ///
    /// ## Not reported
    ///
    /// Releases before 1.10.1, which do not know the kind. What is no plain address at all is refused on the
    /// Services that name the L4Rule.
    "ako/ipv6-l4-rule-address",
    enforces: &[&matrix::ako::PREFERRED_IPV6_ADDRESS],
    applies_to: &[Kind::L4Rule],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if cx.profile.ako.value < era::L4_RULE || cx.era().has_dual_stack() {
        return Ok(());
    }
    let rule = cx.subject();
    let address = rule.spec().at("loadBalancerIP");
    if !matches!(classify(address.text()), Address::V6(_)) {
        return Ok(());
    }
    let release = &cx.profile.ako.text;
    out.push(
        Finding::at(
            rule,
            address,
            CauseKind::NotSupported,
            format!("AKO {release} cannot give a LoadBalancer Service an IPv6 address"),
        )
        .because("AKO sends it labelled as IPv4, and the Services that name the L4Rule get no address")
        .remedy("write an IPv4 address or none, or move to AKO 1.12.1 or later"),
    );
    Ok(())
}
