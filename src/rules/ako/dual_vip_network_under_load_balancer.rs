use crate::facts::ako::handled::Handled;
use crate::rule::prelude::*;

rule! {
    /// LoadBalancer Service on a dual-stack VIP network
    ///
    /// ## Why
    ///
    /// The families of a VIP come from its network alone; the Service's own families play no part. On a
    /// network with a `cidr` and a `v6cidr`, which is right for Ingresses, AKO before 1.12.1 allocates an
    /// IPv6 VIP beside the IPv4 one for every Service of type LoadBalancer, an IPv4 one too. That VIP is not
    /// supported, and releases from 1.8.2 on write only its address to the Service's status, so that clients
    /// are sent to the one that does not work.
    ///
    /// ## What to do instead
    ///
    /// Let the Service select an AviInfraSetting whose network has no `v6cidr` (annotation
    /// `aviinfrasetting.ako.vmware.com/name`), expose it through an Ingress, or move to AKO 1.12.1 or later.
    /// If AKO is to serve Ingresses only, set `layer7Only`.
    ///
    /// ## Not reported
    ///
    /// Services that AKO leaves alone; one of another load balancer class is warned about instead. A setting
    /// that does not exist or that AKO has rejected supplies no network, and the next one in AKO's order
    /// counts.
    "ako/dual-vip-network-under-load-balancer",
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
    if !network.families.is_dual() {
        return Ok(());
    }
    let message = format!(
        "AKO {} would add an IPv6 VIP to the LoadBalancer Service: the network of {} has a v6cidr",
        cx.profile.ako.text,
        network.origin(),
    );
    out.push(
        Finding::at(service, network.blamed_field(service), CauseKind::NotSupported, message)
            .because("IPv6 VIPs for Services are not supported, yet AKO would publish the IPv6 address alone")
            .remedy(
                "select an AviInfraSetting whose network has no v6cidr, use an Ingress, or set layer7Only",
            ),
    );
    Ok(())
}
