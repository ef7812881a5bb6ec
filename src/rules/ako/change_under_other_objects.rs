use crate::facts::ako::release::is_ako;
use crate::rule::prelude::*;

rule! {
    /// A change that breaks objects which exist already
    ///
    /// ## Why
    ///
    /// AKO's configuration, an AviInfraSetting and AKO's release decide for every Service, Ingress and Node at once.
    /// A change of `ipFamily`, of a network, or an older release can be right in itself, and leave what worked until
    /// now outside of what AKO supports: empty pools, lost VIPs, Nodes without routes.
    ///
    /// ## What to do instead
    ///
    /// Mend the objects named first, or make the change together with theirs. `ako-gate what-if` lists them all.
    ///
    /// ## Not reported
    ///
    /// Objects that are outside of the support matrix already. Configurations that are new: there is nothing yet that
    /// they could break. Changes whose effect another rule tells more exactly.
    /// Services that are no load balancers: the Ingresses that use them are named.
    "ako/change-under-other-objects",
    enforces: &[&matrix::ako::DESCRIBED_RELEASES],
    applies_to: &[Kind::ConfigMap, Kind::AKOConfig, Kind::AviInfraSetting, Kind::StatefulSet],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    about_dependants: true,
    check: check,
}

/// Whether AKO itself changes: its configuration, one of its settings, or what runs it.
pub(super) fn is_change_of_ako(cx: &Context<'_>) -> bool {
    let subject = cx.subject();
    let is_akos = match subject.kind() {
        Some(Kind::StatefulSet) => is_ako(subject),
        Some(Kind::AviInfraSetting) => true,
        _ => Config::of(subject, &cx.profile.ako_namespace.value).is_some(),
    };
    is_akos && cx.operation == Operation::Update
}

/// The field that stands for the change as a whole.
pub(super) fn field_of(subject: Object<'_>) -> Node<'_> {
    if subject.kind() == Some(Kind::ConfigMap) { subject.at_key("data") } else { subject.spec() }
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if !is_change_of_ako(cx) {
        return Ok(());
    }
    let broken = (cx.breaks)();
    if broken.kinds.is_empty() {
        return Ok(());
    }
    let subject = cx.subject();
    out.push(
        Finding::at(
            subject,
            field_of(subject),
            CauseKind::Forbidden,
            format!("this change would break {broken}"),
        )
        .because("what is right now would be outside of what AKO supports then")
        .remedy("mend these objects first, or change them together with this"),
    );
    Ok(())
}
