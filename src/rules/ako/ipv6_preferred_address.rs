use crate::facts::ako::handled::Handled;
use crate::facts::ako::l4::PreferredAddress;
use crate::rule::prelude::*;

rule! {
    /// IPv6 address preferred for a LoadBalancer Service
    ///
    /// ## Why
    ///
    /// A Service may prefer the address of its VIP: in `spec.loadBalancerIP`, in the annotation
    /// `ako.vmware.com/load-balancer-ip`, or from 1.10.1 in the L4Rule it names. AKO before 1.12.1 sends any
    /// such address to the Avi Controller labelled as IPv4. The Controller refuses an IPv6 one, and the
    /// Service stays without an address.
    ///
    /// ## What to do instead
    ///
    /// Prefer an IPv4 address or none, or move to AKO 1.12.1 or later.
    ///
    /// ## Not reported
    ///
    /// Addresses that AKO does not get to, because one that comes first in its order is there too: another
    /// rule warns about those. Services that AKO leaves alone; one of another load balancer class is warned
    /// about instead.
    "ako/ipv6-preferred-address",
    enforces: &[&matrix::ako::PREFERRED_IPV6_ADDRESS],
    applies_to: &[Kind::Service],
    reads: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::Namespace, Kind::L4Rule],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    if cx.era().has_dual_stack() || cx.handles_service(service)? != Handled::Yes {
        return Ok(());
    }
    let address = cx.preferred_address(service)?;
    let Some(address) = address.filter(PreferredAddress::is_ipv6) else {
        return Ok(());
    };
    let release = &cx.profile.ako.text;
    out.push(
        Finding::at(
            service,
            address.field,
            CauseKind::NotSupported,
            format!("AKO {release} cannot give a LoadBalancer Service the IPv6 address {}", address.text),
        )
        .because(
            "AKO sends it labelled as IPv4, the Avi Controller refuses it, and the Service gets no address",
        )
        .remedy("prefer an IPv4 address or none, or move to AKO 1.12.1 or later"),
    );
    Ok(())
}
