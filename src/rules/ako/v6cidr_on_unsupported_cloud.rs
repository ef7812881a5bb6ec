use crate::facts::ako::era::CloudSupport;
use crate::rule::prelude::*;

rule! {
    /// A v6cidr on a cloud without IPv6
    ///
    /// ## Why
    ///
    /// AKO has IPv6 VIPs on vCenter clouds; from 1.12.1 its code takes NSX-T and no-access clouds too. With a
    /// `v6cidr` in its own configuration on any other cloud AKO refuses to start. In an AviInfraSetting it does not
    /// look: it asks the controller for an IPv6 VIP that the cloud cannot give, and the objects that select the
    /// setting stay without an address. Every entry of a list counts, also those AKO never uses.
    ///
    /// ## What to do instead
    ///
    /// Take `v6cidr` out of every VIP network on such a cloud. IPv6 VIPs need a vCenter cloud.
    ///
    /// ## Not reported
    ///
    /// A cloud that nobody declared to ako-gate, and clouds that work by AKO's code while the documents do not name
    /// them: other rules warn about both.
    "ako/v6cidr-on-unsupported-cloud",
    enforces: &[&matrix::ako::IPV6_CLOUDS],
    applies_to: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::AviInfraSetting],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if cx.cloud_support() != Some(CloudSupport::No) {
        return Ok(());
    }
    let Some(written) = cx.written() else {
        return Ok(());
    };
    let release = &cx.profile.ako.text;
    let cloud = cx.profile.cloud.as_ref().map_or("any cloud", |cloud| cloud.text.as_str());
    let consequence = match cx.subject().kind() {
        Some(Kind::AviInfraSetting) => {
            "AKO would accept the setting and ask the controller for IPv6 VIPs that this cloud cannot give"
        }
        _ => "AKO would refuse its configuration and restart for ever",
    };
    for field in written.v6cidrs() {
        out.push(
            Finding::at(
                cx.subject(),
                field,
                CauseKind::NotSupported,
                format!("AKO {release} has no IPv6 VIPs on {cloud}"),
            )
            .because(consequence)
            .remedy("remove v6cidr; IPv6 VIPs need AKO 1.9.1 or later on a vCenter cloud"),
        );
    }
    Ok(())
}
