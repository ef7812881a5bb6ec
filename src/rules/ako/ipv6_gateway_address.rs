use crate::facts::ako::era;
use crate::facts::ako::vip::AVI_LB;
use crate::model::address::{Address, classify};
use crate::rule::prelude::*;

rule! {
    /// IPv6 address of a Gateway
    ///
    /// ## Why
    ///
    /// AKO serves the Gateway API from 1.11.1 on, and no release supports IPv6 or dual stack there. AKO does
    /// not check the family: it accepts the Gateway and asks the Avi Controller for the address.
    ///
    /// ## What to do instead
    ///
    /// Give the Gateway an IPv4 address or none. For an IPv6 VIP use an Ingress.
    ///
    /// ## Not reported
    ///
    /// Gateways of classes whose controller is not AKO, or of a class that does not exist. Addresses of a
    /// type other than IPAddress, which AKO refuses by itself.
    "ako/ipv6-gateway-address",
    enforces: &[&matrix::ako::GATEWAY_API],
    applies_to: &[Kind::Gateway],
    reads: &[Kind::GatewayClass],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let gateway = cx.subject();
    if cx.profile.ako.value < era::NAMESPACE_SETTING {
        return Ok(());
    }
    let addresses = gateway.spec().at("addresses").items();
    let typed = addresses.filter(|address| matches!(address.at("type").text(), "" | "IPAddress"));
    let mut asked = typed.map(|address| address.at("value")).filter(|value| is_ipv6(value.text())).peekable();
    if asked.peek().is_none() {
        return Ok(());
    }
    let class = cx.find(Kind::GatewayClass, "", gateway.spec().at("gatewayClassName").text())?;
    if class.is_none_or(|class| class.spec().at("controllerName").text() != AVI_LB) {
        return Ok(());
    }
    let release = &cx.profile.ako.text;
    for value in asked {
        out.push(
            Finding::at(
                gateway,
                value,
                CauseKind::NotSupported,
                format!("AKO {release} does not support IPv6 through the Gateway API"),
            )
            .because("AKO accepts the Gateway and asks the Avi Controller for a VIP that is not supported")
            .remedy("give the Gateway an IPv4 address or none, or use an Ingress for an IPv6 VIP"),
        );
    }
    Ok(())
}

/// IPv6 in any notation, the IPv4-mapped one too.
fn is_ipv6(text: &str) -> bool {
    matches!(classify(text), Address::V6(_) | Address::Mapped(_) | Address::Zoned)
}
