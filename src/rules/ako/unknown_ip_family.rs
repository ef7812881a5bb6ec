use crate::model::address::spelt;
use crate::rule::prelude::*;

rule! {
    /// A value of ipFamily that the release does not know
    ///
    /// ## Why
    ///
    /// AKO compares `ipFamily` letter by letter with the few values it knows: `V4` and `V6`, and from 1.12.1 also
    /// `V4_V6`. With anything else, `v6` or `IPv6` included, its start-up check fails, it stops synchronising and
    /// its Pod restarts for ever. On a cloud without IPv6 AKO ignores the value altogether, so that the mistake
    /// shows only when the configuration moves to another cloud.
    ///
    /// ## What to do instead
    ///
    /// Write one of the values the release knows, in upper case. For pools of both families move to AKO 1.12.1 or
    /// later and write `V4_V6`.
    ///
    /// ## Not reported
    ///
    /// An empty or missing `ipFamily`: it means V4, and from 1.12.1 both families where the cloud has IPv6.
    "ako/unknown-ip-family",
    enforces: &[&matrix::ako::IP_FAMILY_VALUES],
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
    let family = config.at(Setting::IpFamily);
    let known = cx.era().ip_family_values();
    if family.is_nothing() || family.as_str() == Some("") || known.contains(&family.text()) {
        return Ok(());
    }
    let release = &cx.profile.ako.text;
    let (all, any) = (known.join(", "), known.join(" or "));
    out.push(
        Finding::at(
            config.object,
            family,
            CauseKind::NotSupported,
            format!("AKO {release} knows no such ipFamily; it knows {all}"),
        )
        .because("AKO would fail its start-up check and restart for ever, or ignore the value on a cloud without IPv6")
        .remedy(format!("write {any} exactly so, or leave ipFamily empty"))
        .meant(spelt(family.text(), known)),
    );
    Ok(())
}
