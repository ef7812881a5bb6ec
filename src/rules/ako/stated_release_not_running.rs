use crate::rule::prelude::*;

rule! {
    /// The stated AKO release is not the one that runs
    ///
    /// ## Why
    ///
    /// What AKO supports depends on its release. The settings state one, the image of AKO's StatefulSet shows
    /// another, and the two differ in what they make of IPv6: everything is judged by the wrong rules, and what is
    /// allowed may break.
    ///
    /// ## What to do instead
    ///
    /// Correct `ako` in the settings' `profile`, or leave it out so that the running release counts. During an
    /// upgrade state the release you move to and set `pin: true`.
    ///
    /// ## Not reported
    ///
    /// Two releases that treat IPv6 alike, such as 1.9.3 and 1.11.5. A difference that is intended (`pin: true`).
    "ako/stated-release-not-running",
    enforces: &[&matrix::ako::DESCRIBED_RELEASES],
    applies_to: CONFIG,
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(running) = cx.profile.running_ako else {
        return Ok(());
    };
    let Some(config) = Config::of(cx.subject(), &cx.profile.ako_namespace.value) else {
        return Ok(());
    };
    let stated = &cx.profile.ako.text;
    out.push(
        Finding::at(
            config.object,
            config.section(),
            CauseKind::Invalid,
            format!("judged for AKO {stated} as stated, but AKO {running} is running"),
        )
        .because("the two differ in what they make of IPv6, so that this verdict may be wrong")
        .remedy("state the running release, or none; during an upgrade set pin: true"),
    );
    Ok(())
}
