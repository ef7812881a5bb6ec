use crate::facts::ako::era::CloudSupport;
use crate::rule::prelude::*;

rule! {
    /// IPv6 pool servers asked for on a cloud without IPv6
    ///
    /// ## Why
    ///
    /// AKO has IPv6 on vCenter clouds; from 1.12.1 its code takes NSX-T and no-access clouds too. On any other cloud
    /// it replaces `ipFamily` by V4 without a word: its pools stay IPv4, and Services that are IPv6 only get pools
    /// without servers while their Ingresses still show an address.
    ///
    /// ## What to do instead
    ///
    /// Leave `ipFamily` empty or write `V4` on such a cloud, and keep the Services behind AKO IPv4. IPv6 needs a
    /// vCenter cloud.
    ///
    /// ## Not reported
    ///
    /// A cloud that nobody declared to ako-gate, and clouds that work by AKO's code while the documents do not name
    /// them: other rules warn about both.
    "ako/ip-family-on-unsupported-cloud",
    enforces: &[&matrix::ako::IPV6_CLOUDS],
    applies_to: CONFIG,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(written) = cx.written() else {
        return Ok(());
    };
    let Some(field) = written.ip_family else {
        return Ok(());
    };
    if cx.cloud_support() != Some(CloudSupport::No) {
        return Ok(());
    }
    let release = &cx.profile.ako.text;
    let cloud = cx.profile.cloud.as_ref().map_or("any cloud", |cloud| cloud.text.as_str());
    out.push(
        Finding::at(
            cx.subject(),
            field,
            CauseKind::NotSupported,
            format!("AKO {release} has no IPv6 pool servers on {cloud}"),
        )
        .because(
            "AKO would use V4 instead without saying so; Services that are IPv6 only would get empty pools",
        )
        .remedy("set ipFamily to V4; IPv6 needs AKO 1.9.1 or later on a vCenter cloud"),
    );
    Ok(())
}
