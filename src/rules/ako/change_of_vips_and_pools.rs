use super::change_under_other_objects::{field_of, is_change_of_ako};
use crate::rule::prelude::*;

rule! {
    /// A change that alters the VIPs and pools of objects which exist already
    ///
    /// ## Why
    ///
    /// A change of AKO's configuration, of an AviInfraSetting or of AKO's release may be right, break nothing, and still
    /// give Services and Ingresses VIPs of other families, or take servers of a family out of their pools. Clients notice
    /// when AKO restarts.
    ///
    /// ## What to do instead
    ///
    /// Look at what changes with `ako-gate what-if --live` before the change, and make it when clients are prepared.
    ///
    /// ## Not reported
    ///
    /// Changes that leave the families of VIPs and pools as they are. Configurations that are new. Routes. A change that
    /// is refused. Which servers there are: families alone are compared here.
    "ako/change-of-vips-and-pools",
    enforces: &[&matrix::ako::DESCRIBED_RELEASES],
    applies_to: &[Kind::ConfigMap, Kind::AKOConfig, Kind::AviInfraSetting, Kind::StatefulSet],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    only_if_allowed: true,
    about_dependants: true,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if !is_change_of_ako(cx) {
        return Ok(());
    }
    let broken = (cx.breaks)();
    if broken.effects.is_empty() {
        return Ok(());
    }
    let at_least = if broken.cut_short { "at least " } else { "" };
    let message = format!("{at_least}{}", broken.effects);
    let subject = cx.subject();
    out.push(
        Finding::at(subject, field_of(subject), CauseKind::Forbidden, message)
            .because("clients of what exists meet other addresses or other servers")
            .remedy("look at `ako-gate what-if --live` with this change first"),
    );
    Ok(())
}
