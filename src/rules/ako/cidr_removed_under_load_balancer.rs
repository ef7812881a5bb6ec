use crate::facts::ako::written::Written;
use crate::rule::prelude::*;

rule! {
    /// The IPv4 network taken away from LoadBalancer Services before AKO 1.12.1
    ///
    /// ## Why
    ///
    /// A VIP has the families of its network. When an AviInfraSetting loses its `cidr` and keeps a `v6cidr`, the
    /// LoadBalancer Services on it are left with an IPv6 VIP, which AKO before 1.12.1 does not support: their IPv4
    /// address goes away, and their clients with it.
    ///
    /// ## What to do instead
    ///
    /// Keep the `cidr`, or first move these Services to another AviInfraSetting.
    ///
    /// ## Not reported
    ///
    /// Settings that no LoadBalancer Service of AKO's uses, or that lose their `v6cidr` as well: VIPs stay IPv4
    /// then. AKO's own configuration, where such a network is warned about by another rule.
    "ako/cidr-removed-under-load-balancer",
    enforces: &[&matrix::ako::L4_IPV6_VIP],
    applies_to: &[Kind::AviInfraSetting],
    reads: &[
        Kind::Service, Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::Namespace, Kind::AviInfraSetting
    ],
    action: Warn,
    since: "0.1.0",
    about_dependants: true,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if cx.era().has_dual_stack() || cx.operation != Operation::Update {
        return Ok(());
    }
    let namespace = &cx.profile.ako_namespace.value;
    let (Some(old), Some(new)) = (cx.old.and_then(|old| Written::of(old, namespace)), cx.written()) else {
        return Ok(());
    };
    let had_cidr = old.networks.used().is_some_and(|network| !network.cidr.is_absent());
    let Some(network) = new.networks.used().filter(|network| had_cidr && !network.families().v4) else {
        return Ok(());
    };
    let dependants = cx.load_balancers_on(Some(cx.subject().name()))?;
    if dependants.is_empty() {
        return Ok(());
    }
    let release = &cx.profile.ako.text;
    let message =
        format!("AKO {release} cannot give {dependants} an IPv6 VIP, and this network is all they have");
    out.push(
        Finding::missing(cx.subject(), network.node, "cidr", message)
            .because("the IPv4 address would go away, and the next change of each Service will be refused")
            .remedy("keep the cidr, or let these Services select another AviInfraSetting first"),
    );
    Ok(())
}
