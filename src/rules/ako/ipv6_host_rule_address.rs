use crate::model::address::{Address, classify};
use crate::rule::prelude::*;

rule! {
    /// Address in a HostRule that is not IPv4
    ///
    /// ## Why
    ///
    /// The static address of a layer 7 virtual service, `tcpSettings.loadBalancerIP` of a HostRule, may be
    /// IPv4 only in every release of AKO. AKO marks a HostRule with anything else as Rejected and applies
    /// nothing of it, its TLS settings and policies included.
    ///
    /// ## What to do instead
    ///
    /// Write one IPv4 address or none. An IPv6 VIP comes from the `v6cidr` of the VIP network; its address
    /// cannot be chosen.
    ///
    /// ## Not reported
    ///
    /// An empty address, which AKO takes for none.
    "ako/ipv6-host-rule-address",
    enforces: &[&matrix::ako::HOST_RULE_ADDRESS],
    applies_to: &[Kind::HostRule],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let rule = cx.subject();
    let address = rule.spec().at("virtualhost").at("tcpSettings").at("loadBalancerIP");
    if address.text().is_empty() {
        return Ok(());
    }
    let (kind, message) = match classify(address.text()) {
        Address::V4(_) => return Ok(()),
        Address::V6(_) => (CauseKind::NotSupported, "the static address of a HostRule may be IPv4 only"),
        _ => (CauseKind::Invalid, "the static address of a HostRule must be one plain IPv4 address"),
    };
    let release = &cx.profile.ako.text;
    out.push(
        Finding::at(rule, address, kind, message)
            .because(format!("AKO {release} marks the HostRule as Rejected and applies nothing of it"))
            .remedy("write one IPv4 address or none"),
    );
    Ok(())
}
