use crate::facts::ako::handled::Handled;
use crate::model::address::{Address, classify, meant};
use crate::rule::prelude::*;

rule! {
    /// Preferred address of a LoadBalancer Service that is no plain address
    ///
    /// ## Why
    ///
    /// AKO does not check the preferred address of a VIP. Before 1.12.1 it sends any text to the Avi
    /// Controller as an IPv4 address; from then on whatever is not IPv4 goes out as an IPv6 address, a host
    /// name too. An IPv4-mapped address (`::ffff:10.0.0.1`) counts as IPv4 and is sent in its IPv6 spelling.
    /// The Controller refuses such a VIP, and the Service stays without an address.
    ///
    /// ## What to do instead
    ///
    /// Write one IPv4 or IPv6 address: no zone, no brackets, no port, no prefix length, no list, no name.
    ///
    /// ## Not reported
    ///
    /// Addresses that AKO does not get to, because one that comes first in its order (`spec.loadBalancerIP`,
    /// the annotation, the L4Rule) is there too. `spec.externalIPs`, which AKO never reads. Services that AKO
    /// leaves alone.
    "ako/malformed-preferred-address",
    enforces: &[&matrix::ako::PREFERRED_ADDRESS_SYNTAX],
    applies_to: &[Kind::Service],
    reads: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::Namespace, Kind::L4Rule],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    if cx.handles_service(service)? != Handled::Yes {
        return Ok(());
    }
    let Some(address) = cx.preferred_address(service)? else {
        return Ok(());
    };
    let kind = classify(address.text);
    let fault = match kind {
        Address::V4(_) | Address::V6(_) => return Ok(()),
        Address::Mapped(_) => "is an IPv4-mapped IPv6 address",
        Address::Zoned => "has a zone id",
        Address::Bracketed(_) => "is in brackets",
        Address::WithPrefix => "has a prefix length",
        Address::List => "is several values or has blanks in it",
        Address::Name => "is a name, or has a port",
        Address::Garbage => "is no IP address",
    };
    let sent_as =
        if cx.era().has_dual_stack() && !matches!(kind, Address::Mapped(_)) { "IPv6" } else { "IPv4" };
    // where AKO takes no IPv6 address, no way of writing one mends it
    let certain = meant(address.text).filter(|address| address.is_ipv4() || cx.era().has_dual_stack());
    out.push(
        Finding::at(
            service,
            address.field,
            CauseKind::Invalid,
            format!("the preferred address {:?} {fault}", address.text),
        )
        .because(format!(
            "AKO {} sends it unchecked as an {sent_as} address, and the Service gets no address",
            cx.profile.ako.text,
        ))
        .remedy("write one plain IPv4 or IPv6 address, or none")
        .meant(certain.map(|address| address.to_string())),
    );
    Ok(())
}
