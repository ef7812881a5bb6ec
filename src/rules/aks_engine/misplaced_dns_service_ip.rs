use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::facts::aks_engine::{Model, Range, Ranges};
use crate::rule::prelude::*;

rule! {
    /// Cluster DNS address outside the first Service range
    ///
    /// ## Why
    ///
    /// AKS Engine wants `serviceCidr` and `dnsServiceIP` written together or not at all, and the address
    /// inside the first Service range. It may be neither the first address, which belongs to the Service
    /// `kubernetes`, nor the broadcast address.
    ///
    /// AKS Engine looks at the ranges as written and fills in defaults later: a single IPv6 range gets an
    /// IPv4 range in front, so that no address fits both.
    ///
    /// ## What to do instead
    ///
    /// Write both, with an address inside the first range: `serviceCidr: 10.0.0.0/16,fd00::/108` and
    /// `dnsServiceIP: 10.0.0.10`.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`. Ranges that are none: another rule.
    "aks-engine/misplaced-dns-service-ip",
    enforces: &[&matrix::aks_engine::DNS_SERVICE_IP],
    applies_to: &[Kind::ApiModel],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(model) = Model::dual_stack(cx.subject(), cx.profile) else {
        return Ok(());
    };
    let (ranges, dns) = (model.service_field(), model.dns_field());
    if !ranges.is_written() && !dns.is_written() {
        return Ok(());
    }
    let written = Ranges::split(ranges.text());
    let first = model.service_ranges().0.into_iter().next();
    let fault = match (ranges.is_written(), dns.is_written()) {
        (true, false) => Some("serviceCidr is written and dnsServiceIP is not".to_owned()),
        (false, true) => Some("dnsServiceIP is written and serviceCidr is not".to_owned()),
        _ => [written.0.first(), first.as_ref()]
            .into_iter()
            .flatten()
            .find_map(|range| fault(range, dns.text())),
    };
    if let Some(fault) = fault {
        out.push(
            dns.finding(cx.subject(), CauseKind::Invalid, fault)
                .because("AKS Engine refuses the model, or the cluster's DNS gets no address")
                .remedy("write serviceCidr with the IPv4 range first, and dnsServiceIP inside that range"),
        );
    }
    Ok(())
}

/// What is wrong with an address as that of the cluster's DNS, if anything is.
fn fault(range: &Range, text: &str) -> Option<String> {
    let net = range.net?;
    let Ok(address) = text.parse::<IpAddr>() else {
        return Some(format!("dnsServiceIP {text:?} is no address"));
    };
    // the address after the network's own, which the Service `kubernetes` gets
    let kubernetes = match net.network() {
        IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits().saturating_add(1))),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits().saturating_add(1))),
    };
    let place = match address {
        address if !range.contains(address) => "is not inside",
        address if address == net.network() || address == kubernetes => "is the first address of",
        address if address == net.broadcast() => "is the last address of",
        _ => return None,
    };
    Some(format!("dnsServiceIP {address} {place} the first Service range {}", range.text))
}
