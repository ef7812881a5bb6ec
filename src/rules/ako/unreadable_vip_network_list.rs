use crate::facts::ako::era;
use crate::facts::ako::vip::Networks;
use crate::rule::prelude::*;

rule! {
    /// A vipNetworkList that AKO cannot decode
    ///
    /// ## Why
    ///
    /// AKO decodes `vipNetworkList` as a JSON array of networks at its start. In the ConfigMap that array stands in
    /// a string, where a stray comma, YAML instead of JSON, an empty string or `null` all end AKO: its Pod restarts
    /// for ever.
    ///
    /// ## What to do instead
    ///
    /// Write a JSON array of objects whose `networkName`, `networkUUID`, `cidr` and `v6cidr` are strings, or `[]`
    /// where AKO needs no network of its own.
    ///
    /// ## Not reported
    ///
    /// An empty string and `null` in VPC mode (`vpcMode`, from 1.13.3), where AKO takes its networks from the VPC. A
    /// ConfigMap without the key. Keys in unusual letter case, which AKO's decoder takes, and keys it does not know.
    "ako/unreadable-vip-network-list",
    enforces: &[&matrix::ako::VIP_NETWORK_LIST],
    applies_to: CONFIG,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(config) = Config::of(cx.subject(), &cx.profile.ako_namespace.value) else {
        return Ok(());
    };
    if !matches!(config.vip_networks(), Networks::Unreadable) {
        return Ok(());
    }
    let field = config.at(Setting::VipNetworks);
    let is_unset = field.is_nothing() || matches!(field.as_str(), Some("" | "null"));
    let vpc_mode = config.vpc_mode() && cx.profile.ako.value >= era::VPC_MODE;
    if is_unset && vpc_mode {
        return Ok(());
    }
    let message = if is_unset {
        "holds nothing where AKO needs a list of VIP networks".to_owned()
    } else if field.as_str().is_some() && field.embedded().is_absent() {
        "is not JSON, where AKO needs a list of VIP networks".to_owned()
    } else {
        "is not a list of VIP networks whose fields are strings".to_owned()
    };
    out.push(
        Finding::at(config.object, field, CauseKind::Invalid, message)
            .because("AKO would end at its start and be restarted for ever")
            .remedy(
                "write a list such as [{\"networkName\": \"vip-net\", \"cidr\": \"10.0.0.0/24\"}], or []",
            ),
    );
    Ok(())
}
