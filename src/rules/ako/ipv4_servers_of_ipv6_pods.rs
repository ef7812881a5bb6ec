use crate::model::IpFamily;
use crate::rule::prelude::*;

rule! {
    /// IPv4 pool servers in a cluster whose Pods have IPv6 addresses only
    ///
    /// ## Why
    ///
    /// With `ipFamily` at `V4` AKO puts IPv4 servers alone into its pools; before 1.12.1 an empty `ipFamily` means the
    /// same. In a cluster whose Pods have IPv6 addresses only, such as a kOps cluster with `nonMasqueradeCIDR: ::/0` or
    /// an AKS Engine cluster with `enableIPv6Only`, no Pod can be such a server, and no Service has an IPv4 node port.
    ///
    /// ## What to do instead
    ///
    /// Set `ipFamily` to `V6`, with a `v6cidr` where clients shall come by IPv6.
    ///
    /// ## Not reported
    ///
    /// An empty `ipFamily` from 1.12.1 on, which means both families on a cloud with IPv6. Runs without a document that
    /// builds a cluster, and several documents of one kind that disagree. The webhook never sees such documents.
    "ako/ipv4-servers-of-ipv6-pods",
    enforces: &[&matrix::ako::CLUSTER_FAMILIES],
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
    let Some(pods) = cx.profile.documented.pods.as_ref().filter(|said| said.value == [IpFamily::V6]) else {
        return Ok(());
    };
    let is_v4 = match config.ip_family() {
        "V4" => true,
        "" => !cx.era().has_dual_stack(),
        _ => false,
    };
    if !is_v4 {
        return Ok(());
    }
    let message = format!("the Pods have IPv6 addresses only: {} says so", pods.by);
    let field = config.at(Setting::IpFamily);
    let finding = if field.is_nothing() {
        let (parent, key) = config.place(Setting::IpFamily);
        // the whole section may be missing, and with it the way to the key
        let path = config.path(Setting::IpFamily);
        Finding { field: path, ..Finding::missing(config.object, parent, key, message) }
    } else {
        Finding::at(config.object, field, CauseKind::NotSupported, message)
    };
    out.push(
        finding
            .because("AKO would put IPv4 servers alone into its pools, and there are none")
            .remedy("set ipFamily to V6"),
    );
    Ok(())
}
