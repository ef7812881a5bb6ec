use crate::facts::ako::era;
use crate::rule::prelude::*;

rule! {
    /// A VIP network with a v6cidr and no cidr before AKO 1.12.1
    ///
    /// ## Why
    ///
    /// VIPs on such a network have an IPv6 address only. The documents allow that for Ingresses, but before 1.10.3
    /// AKO crashes at its next start once one such VIP exists, and keeps crashing until it is removed from the
    /// controller by hand. Up to 1.11.5 LoadBalancer Services take the same network, for which an IPv6 VIP is not
    /// supported.
    ///
    /// ## What to do instead
    ///
    /// Add a `cidr`, so that every VIP has an IPv4 address too, or move to AKO 1.12.1 or later. From 1.10.3 setting
    /// `layer7Only` will do where AKO serves no LoadBalancer Services.
    ///
    /// ## Not reported
    ///
    /// Networks after the first, which AKO does not use. From 1.10.3, configurations with `layer7Only`. A network
    /// with both `cidr` and `v6cidr`: Services on it are judged one by one.
    "ako/ipv6-only-vip-network",
    enforces: &[&matrix::ako::IPV6_ONLY_VIP_NETWORK, &matrix::ako::L4_IPV6_VIP],
    applies_to: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::AviInfraSetting],
    reads: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if cx.era().has_dual_stack() {
        return Ok(());
    }
    let Some(written) = cx.written() else {
        return Ok(());
    };
    let Some(network) = written.networks.used().filter(|network| !network.families().v4) else {
        return Ok(());
    };
    let crashes = cx.profile.ako.value < era::SURVIVES_IPV6_ONLY_VIP;
    if !crashes && cx.config_or(false, Config::layer7_only)? {
        return Ok(());
    }
    let release = &cx.profile.ako.text;
    let (message, consequence) = if crashes {
        (
            format!("AKO {release} does not survive a restart once a VIP without an IPv4 address exists"),
            "AKO would crash at its next start and at every one after it",
        )
    } else {
        (
            format!("AKO {release} cannot give LoadBalancer Services a VIP on a network that is IPv6 only"),
            "LoadBalancer Services on this network would get an IPv6 VIP, which this release does not support",
        )
    };
    out.push(
        Finding::at(cx.subject(), network.v6cidr, CauseKind::NotSupported, message)
            .because(consequence)
            .remedy("add a cidr to the network, or move to AKO 1.12.1 or later"),
    );
    Ok(())
}
