use crate::facts::ako::era;
use crate::rule::prelude::*;

rule! {
    /// An AKO release that nobody has described yet
    ///
    /// ## Why
    ///
    /// AKO's rules about IPv6 have changed between releases before. This release is newer than any whose behaviour
    /// is written down in ako-gate; it is judged as the newest one that is, and may differ.
    ///
    /// ## What to do instead
    ///
    /// Look for a newer ako-gate. Until there is one, read the release's own notes on IPv6 before relying on what
    /// the gate allows or refuses.
    ///
    /// ## Not reported
    ///
    /// Newer third numbers of release lines that are described.
    "ako/undescribed-release",
    enforces: &[&matrix::ako::DESCRIBED_RELEASES],
    applies_to: CONFIG,
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if cx.profile.ako.value < era::UNDESCRIBED {
        return Ok(());
    }
    let Some(config) = Config::of(cx.subject(), &cx.profile.ako_namespace.value) else {
        return Ok(());
    };
    let release = &cx.profile.ako.text;
    out.push(
        Finding::at(
            config.object,
            config.section(),
            CauseKind::NotSupported,
            format!("AKO {release} is newer than any release ako-gate describes"),
        )
        .because("it is judged as the newest release described, from which it may differ")
        .remedy("look for a newer ako-gate, and read the release notes until there is one"),
    );
    Ok(())
}
