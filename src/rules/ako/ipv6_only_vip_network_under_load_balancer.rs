use crate::facts::ako::handled::Handled;
use crate::model::Families;
use crate::rule::prelude::*;

rule! {
    /// LoadBalancer Service on a VIP network that has IPv6 only
    ///
    /// ## Why
    ///
    /// The families of a VIP come from its network alone; the Service's own families play no part. AKO before
    /// 1.12.1 does not support IPv6 VIPs for Services of type LoadBalancer, yet on a network with a `v6cidr`
    /// and no `cidr` it asks for one and nothing else, for an IPv4 Service too.
    ///
    /// ## What to do instead
    ///
    /// Let the Service select an AviInfraSetting whose network has a `cidr` and no `v6cidr`, expose it
    /// through an Ingress, or move to AKO 1.12.1 or later. If AKO is to serve Ingresses only, set
    /// `layer7Only`.
    ///
    /// ## Not reported
    ///
    /// Services that AKO leaves alone; one of another load balancer class is warned about instead. A setting
    /// that does not exist or that AKO has rejected supplies no network, and the next one in AKO's order
    /// counts: the Namespace's setting (from 1.11.1), then AKO's configuration.
    "ako/ipv6-only-vip-network-under-load-balancer",
    enforces: &[&matrix::ako::L4_IPV6_VIP],
    applies_to: &[Kind::Service],
    reads: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::Namespace, Kind::AviInfraSetting],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    if cx.era().has_dual_stack() || cx.handles_service(service)? != Handled::Yes {
        return Ok(());
    }
    let network = cx.vip_network(service)?;
    if network.families != Families::V6 {
        return Ok(());
    }
    let message = format!(
        "AKO {} would give the LoadBalancer Service an IPv6 VIP only: the network of {} has no cidr",
        cx.profile.ako.text,
        network.origin(),
    );
    out.push(
        Finding::at(service, network.blamed_field(service), CauseKind::NotSupported, message)
            .because("IPv6 VIPs for Services are not supported, and this Service would have no other")
            .remedy("select an AviInfraSetting with a cidr and no v6cidr, or use an Ingress"),
    );
    Ok(())
}
