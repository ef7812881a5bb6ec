use crate::facts::ako::handled::Handled;
use crate::facts::ako::l4::PreferredAddress;
use crate::rule::prelude::*;

rule! {
    /// IPv6 address preferred on a VIP network without a v6cidr
    ///
    /// ## Why
    ///
    /// From 1.12.1 AKO sends a preferred IPv6 address to the Avi Controller whatever the VIP network is. If
    /// the network has no `v6cidr`, the Controller has no IPv6 subnet to place the address in, and the
    /// Service is likely to stay without one. What the Controller answers was not observed, which is why this
    /// is a warning.
    ///
    /// ## What to do instead
    ///
    /// Give the network a `v6cidr` that holds the address, let the Service select an AviInfraSetting that has
    /// one, or prefer an IPv4 address.
    ///
    /// ## Not reported
    ///
    /// Services that AKO leaves alone. Releases before 1.12.1, which cannot use an IPv6 address at all:
    /// another rule refuses it.
    "ako/ipv6-preferred-address-without-v6cidr",
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
    let Some(address) = address.filter(PreferredAddress::is_ipv6) else {
        return Ok(());
    };
    let network = cx.vip_network(service)?;
    if network.families.v6 {
        return Ok(());
    }
    out.push(
        Finding::at(
            service,
            address.field,
            CauseKind::Forbidden,
            format!(
                "the VIP network of {} has no v6cidr for the IPv6 address {}",
                network.origin(),
                address.text
            ),
        )
        .because(
            "AKO asks the Avi Controller for it all the same, and the Service may stay without an address",
        )
        .remedy("give the network a v6cidr that holds the address, or prefer an IPv4 address"),
    );
    Ok(())
}
