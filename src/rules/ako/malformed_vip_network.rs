use std::net::Ipv6Addr;

use crate::model::address::{CidrFault, check_v4_cidr, check_v6_cidr};
use crate::rule::prelude::*;

rule! {
    /// A cidr or v6cidr that AKO cannot use
    ///
    /// ## Why
    ///
    /// AKO checks these two with a loose pattern, and in NodePort mode, on public clouds and with `vrfName` not at
    /// all. What the pattern refuses keeps AKO from starting, or gets an AviInfraSetting rejected, whereupon the
    /// Ingresses that use it are not built. What it lets through by mistake is worse: a `v6cidr` without a prefix
    /// length kills AKO when it builds the first VIP, again after every restart, for every workload in the cluster.
    ///
    /// ## What to do instead
    ///
    /// Write `cidr` as an IPv4 address, a slash and a length from 0 to 32, and `v6cidr` as an IPv6 address, a slash
    /// and a length from 1 to 128 without leading zeros.
    ///
    /// ## Not reported
    ///
    /// Host bits that are set, upper case, full and compressed forms: the documents' own example has host bits set.
    "ako/malformed-vip-network",
    enforces: &[&matrix::ako::VIP_NETWORK_SYNTAX],
    applies_to: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::AviInfraSetting],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

/// What says whether a text is a network of one family.
type Check = fn(&str) -> Result<(), CidrFault>;

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(written) = cx.written() else {
        return Ok(());
    };
    let mut judge = |field: Node<'_>, family: &str, check: Check, example: &str| {
        let Some(fault) = check(field.text()).err().filter(|_| !field.is_absent()) else {
            return;
        };
        let consequence = match (fault, cx.subject().kind()) {
            (CidrFault::NoPrefix, _) => {
                "AKO could let it pass and die when it builds the first VIP, at every restart"
            }
            (_, Some(Kind::AviInfraSetting)) => {
                "AKO would reject the setting and build no Ingress that uses it, or die when it builds the first VIP"
            }
            _ => {
                "AKO would refuse its configuration and restart for ever, or send the controller a useless network"
            }
        };
        let message = format!("AKO needs an {family} network; this one {}", fault.explain());
        out.push(
            Finding::at(cx.subject(), field, CauseKind::Invalid, message)
                .because(consequence)
                .remedy(format!("write an {family} address, a slash and a prefix length, such as {example}"))
                .meant(meant(field.text(), check)),
        );
    };
    for network in written.networks.list() {
        judge(network.cidr, "IPv4", check_v4_cidr, "10.0.0.0/24");
        judge(network.v6cidr, "IPv6", check_v6_cidr, "2001:db8::/64");
    }
    Ok(())
}

/// The network that is certainly meant: without blanks, without leading zeros in its length, and with the last 32 bits
/// of an IPv6 address written as the others are.
fn meant(text: &str, check: Check) -> Option<String> {
    let (address, length) = text.split_once('/')?;
    let (address, length) = (address.trim(), length.trim().parse::<u8>().ok()?);
    let address =
        address.parse::<Ipv6Addr>().map_or_else(|_| address.to_owned(), |address| address.to_string());
    let written = format!("{address}/{length}");
    check(&written).is_ok().then_some(written)
}
