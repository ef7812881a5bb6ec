use crate::facts::ako::handled::Handled;
use crate::model::address::{Address, classify};
use crate::rule::prelude::*;

rule! {
    /// IPv4 address preferred on a VIP network without a cidr
    ///
    /// ## Why
    ///
    /// From 1.12.1 AKO sends a preferred IPv4 address to the Avi Controller whatever the VIP network is. If the network
    /// has a `v6cidr` alone, the VIP is asked for as IPv6 only and the address has no subnet: the Service is likely to
    /// stay without one. What the Controller answers was not observed, which is why this is a warning.
    ///
    /// ## What to do instead
    ///
    /// Give the network a `cidr` that holds the address, let the Service select an AviInfraSetting that has one, or
    /// prefer an IPv6 address.
    ///
    /// ## Not reported
    ///
    /// Services that AKO leaves alone. Releases before 1.12.1, where a LoadBalancer Service on such a network is refused
    /// in any case.
    "ako/ipv4-preferred-address-without-cidr",
    enforces: &[&matrix::ako::PREFERRED_IPV6_ADDRESS],
    applies_to: &[Kind::Service],
    reads: &[
        Kind::ConfigMap,
        Kind::AKOConfig,
        Kind::HelmValues,
        Kind::Namespace,
        Kind::L4Rule,
        Kind::AviInfraSetting,
    ],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    if !cx.era().has_dual_stack() || cx.handles_service(service)? != Handled::Yes {
        return Ok(());
    }
    let address = cx.preferred_address(service)?;
    let Some(address) = address.filter(|address| matches!(classify(address.text), Address::V4(_))) else {
        return Ok(());
    };
    let network = cx.vip_network(service)?;
    if network.families.v4 {
        return Ok(());
    }
    let (origin, text) = (network.origin(), address.text);
    let message = format!("the VIP network of {origin} has no cidr for the IPv4 address {text}");
    out.push(
        Finding::at(service, address.field, CauseKind::Forbidden, message)
            .because(
                "AKO asks the Avi Controller for it all the same, and the Service may stay without an address",
            )
            .remedy("give the network a cidr that holds the address, or prefer an IPv6 address"),
    );
    Ok(())
}
