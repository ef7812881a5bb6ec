use crate::facts::ako::written::Written;
use crate::rule::prelude::*;

rule! {
    /// A v6cidr added to a network of LoadBalancer Services before AKO 1.12.1
    ///
    /// ## Why
    ///
    /// A VIP has the families of its network, whatever the Service asks for. As soon as the network has a `v6cidr`,
    /// AKO before 1.12.1 gives every LoadBalancer Service on it an IPv6 VIP, which it does not support, and from
    /// 1.8.2 publishes that address alone in the Service's status. The change looks harmless; it is their next
    /// change that the gate refuses.
    ///
    /// ## What to do instead
    ///
    /// Put the `v6cidr` into an AviInfraSetting that only Ingresses select, or set `layer7Only` if another load
    /// balancer serves these Services, or move to AKO 1.12.1 or later.
    ///
    /// ## Not reported
    ///
    /// Networks that already had a `v6cidr`. Configurations with `layer7Only`, and Services that AKO leaves alone.
    "ako/v6cidr-added-under-load-balancer",
    enforces: &[&matrix::ako::L4_IPV6_VIP, &matrix::ako::STATUS_ADDRESS],
    applies_to: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::AviInfraSetting],
    reads: &[
        Kind::Service, Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::Namespace, Kind::AviInfraSetting
    ],
    action: Warn,
    since: "0.1.0",
    about_dependants: true,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if cx.era().has_dual_stack() {
        return Ok(());
    }
    let subject = cx.subject();
    let Some(written) = cx.written() else {
        return Ok(());
    };
    let Some(network) = written.networks.used().filter(|network| network.families().v6) else {
        return Ok(());
    };
    let old = cx.old.and_then(|old| Written::of(old, &cx.profile.ako_namespace.value));
    if old.is_some_and(|old| old.networks.used().is_some_and(|network| network.families().v6)) {
        return Ok(());
    }
    let setting = (subject.kind() == Some(Kind::AviInfraSetting)).then(|| subject.name());
    let dependants = cx.load_balancers_on(setting)?;
    if dependants.is_empty() {
        return Ok(());
    }
    let release = &cx.profile.ako.text;
    out.push(
        Finding::at(
            subject,
            network.v6cidr,
            CauseKind::NotSupported,
            format!("AKO {release} cannot give {dependants} the IPv6 VIP that this network brings"),
        )
        .because("AKO would create it all the same, and the next change of each Service will be refused")
        .remedy("put v6cidr into an AviInfraSetting for Ingresses only, or move to AKO 1.12.1 or later"),
    );
    Ok(())
}
