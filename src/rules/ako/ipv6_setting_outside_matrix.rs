use crate::facts::ako::era::CloudSupport;
use crate::facts::ako::handled::Handled;
use crate::facts::ako::vip::setting_networks;
use crate::rule::prelude::*;

rule! {
    /// Ingress or Route that selects a setting with IPv6 where AKO does not support it
    ///
    /// ## Why
    ///
    /// AKO checks the `v6cidr` of its own configuration against the cloud, but not that of an
    /// AviInfraSetting. An Ingress selects one through its class, a Route by annotation, both through their
    /// Namespace from 1.11.1 on. AKO then asks for an IPv6 VIP on a cloud that has none, or on OpenShift,
    /// which no release supports with IPv6.
    ///
    /// ## What to do instead
    ///
    /// Select a setting whose network has no `v6cidr`, or none.
    ///
    /// ## Not reported
    ///
    /// NSX-T and no-access clouds from 1.12.1 on, where the code has IPv6. An undeclared cloud: nothing can
    /// be said about it. Ingresses and Routes that AKO leaves alone. A setting that does not exist: another
    /// rule warns about it.
    "ako/ipv6-setting-outside-matrix",
    enforces: &[&matrix::ako::IPV6_CLOUDS, &matrix::ako::OPENSHIFT],
    applies_to: &[Kind::Ingress, Kind::Route],
    reads: &[
        Kind::ConfigMap,
        Kind::AKOConfig,
        Kind::HelmValues,
        Kind::Namespace,
        Kind::IngressClass,
        Kind::AviInfraSetting,
    ],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let subject = cx.subject();
    let handled = match subject.kind() {
        Some(Kind::Route) => cx.handles_route(subject)?,
        _ => cx.handles_ingress(subject)?,
    };
    if handled != Handled::Yes {
        return Ok(());
    }
    let Some(selection) = cx.selection(subject)? else {
        return Ok(());
    };
    let Some(setting) = selection.setting else {
        return Ok(());
    };
    let networks = setting_networks(setting);
    if !networks.used().is_some_and(|network| network.families().v6) {
        return Ok(());
    }
    let place = if cx.is_openshift()? {
        "on OpenShift".to_owned()
    } else if cx.cloud_support().ok_or_else(Unknown::cloud)? == CloudSupport::No {
        let cloud = cx.profile.cloud.as_ref().map_or("any cloud", |cloud| cloud.text.as_str());
        format!("on {cloud}")
    } else {
        return Ok(());
    };
    let message = format!(
        "AKO {} does not support IPv6 {place}, and AviInfraSetting {} has a v6cidr",
        cx.profile.ako.text, selection.name,
    );
    let finding = match selection.missing_key() {
        Some(key) => Finding::missing(subject, selection.field, key, message),
        None => Finding::at(subject, selection.field, CauseKind::NotSupported, message),
    };
    out.push(
        finding
            .because(
                "AKO does not check settings against the cloud and asks for an IPv6 VIP that cannot work",
            )
            .remedy("select an AviInfraSetting whose network has no v6cidr, or none"),
    );
    Ok(())
}
