use crate::facts::ako::vip::Networks;
use crate::rule::prelude::*;

rule! {
    /// No VIP network on a public cloud
    ///
    /// ## Why
    ///
    /// On AWS, Azure, GCP and OpenStack AKO allocates every VIP from the network its configuration names. With an
    /// empty `vipNetworkList` it refuses to start and its Pod restarts for ever.
    ///
    /// ## What to do instead
    ///
    /// Name the network, or on AWS the subnets, that VIPs come from.
    ///
    /// ## Not reported
    ///
    /// Other clouds, where the controller has networks to choose from, and a cloud nobody declared. A configuration
    /// without the key, and AviInfraSettings, which then leave the choice to AKO's configuration.
    "ako/empty-vip-network-list",
    enforces: &[&matrix::ako::VIP_NETWORK_LIST],
    applies_to: CONFIG,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(cloud) = cx.profile.cloud.as_ref().filter(|cloud| cloud.value.is_public()) else {
        return Ok(());
    };
    let Some(config) = Config::of(cx.subject(), &cx.profile.ako_namespace.value) else {
        return Ok(());
    };
    let field = config.at(Setting::VipNetworks);
    let is_empty = matches!(config.vip_networks(), Networks::List(list) if list.is_empty());
    if !is_empty || field.is_nothing() {
        return Ok(());
    }
    out.push(
        Finding::at(
            config.object,
            field,
            CauseKind::Required,
            format!("no VIP network, where AKO needs at least one on {}", cloud.text),
        )
        .because("AKO would refuse its configuration and restart for ever")
        .remedy("name the network that VIPs come from"),
    );
    Ok(())
}
