use crate::facts::ako::handled::Handled;
use crate::facts::ako::l4::PreferredAddress;
use crate::rule::prelude::*;

rule! {
    /// IPv6 address preferred for a LoadBalancer Service behind another preferred address
    ///
    /// ## Why
    ///
    /// Where a Service prefers several addresses, AKO takes the first of `spec.loadBalancerIP`, the
    /// annotation `ako.vmware.com/load-balancer-ip` and (from 1.10.1) the L4Rule it names. The others are
    /// dead text. An IPv6 one among them has no effect until the one before it is removed; then AKO before
    /// 1.12.1 sends it to the Avi Controller as IPv4 and the Service loses its address.
    ///
    /// ## What to do instead
    ///
    /// Remove the address that is not used.
    ///
    /// ## Not reported
    ///
    /// The address AKO takes: another rule refuses it where it is IPv6. Services that AKO leaves alone, and
    /// releases from 1.12.1 on, which can use an IPv6 address.
    "ako/ignored-ipv6-preferred-address",
    enforces: &[&matrix::ako::PREFERRED_IPV6_ADDRESS],
    applies_to: &[Kind::Service],
    reads: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::Namespace, Kind::L4Rule],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    if cx.era().has_dual_stack() || cx.handles_service(service)? != Handled::Yes {
        return Ok(());
    }
    let addresses = cx.preferred_addresses(service)?;
    let Some((used, losers)) = addresses.split_first() else {
        return Ok(());
    };
    let release = &cx.profile.ako.text;
    for address in losers.iter().copied().filter(PreferredAddress::is_ipv6) {
        out.push(
            Finding::at(
                service,
                address.field,
                CauseKind::NotSupported,
                format!("AKO {release} takes {} and ignores the IPv6 address {}", used.text, address.text),
            )
            .because("without the other one AKO would send it as IPv4, and the Service would get no address")
            .remedy("remove the IPv6 address"),
        );
    }
    Ok(())
}
