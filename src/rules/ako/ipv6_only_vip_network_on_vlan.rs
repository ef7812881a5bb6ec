use crate::model::Cloud;
use crate::rule::prelude::*;

rule! {
    /// A VIP network with a v6cidr and no cidr on a VLAN transport zone of NSX-T
    ///
    /// ## Why
    ///
    /// On NSX-T with a VLAN transport zone AKO computes from the `cidr` where to place a VIP. Where there is a `v6cidr`
    /// alone it dies when it builds the first VIP, and again after every restart (observed on 2.1.1).
    ///
    /// ## What to do instead
    ///
    /// Add the `cidr`. VIPs are placed by IPv4 there in any case.
    ///
    /// ## Not reported
    ///
    /// A transport zone that nobody declared. Networks after the first, which AKO does not use.
    "ako/ipv6-only-vip-network-on-vlan",
    enforces: &[&matrix::ako::IPV6_ONLY_VIP_NETWORK],
    applies_to: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::AviInfraSetting],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let is_nsxt = cx.profile.cloud.as_ref().is_some_and(|cloud| cloud.value == Cloud::NsxT);
    let is_vlan = cx.profile.transport_zone.as_ref().is_some_and(|zone| zone.value == "VLAN");
    let Some(written) = cx.written().filter(|_| is_nsxt && is_vlan) else {
        return Ok(());
    };
    let Some(network) = written.networks.used().filter(|network| !network.families().v4) else {
        return Ok(());
    };
    let release = &cx.profile.ako.text;
    let message = format!("AKO {release} needs a cidr to place VIPs on a VLAN of NSX-T");
    out.push(
        Finding::at(cx.subject(), network.v6cidr, CauseKind::Forbidden, message)
            .because("AKO dies when it builds the first VIP, at every restart, and serves nobody")
            .remedy("add a cidr to the network"),
    );
    Ok(())
}
