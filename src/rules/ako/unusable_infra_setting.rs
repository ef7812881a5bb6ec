use crate::facts::ako::era;
use crate::facts::ako::handled::Handled;
use crate::rule::prelude::*;

rule! {
    /// AviInfraSetting selected that does not exist or that AKO has rejected
    ///
    /// ## Why
    ///
    /// AKO uses a setting only if it exists and AKO has accepted it. Otherwise an Ingress or Route that
    /// selects it, by class, annotation or Namespace, is not built at all: no virtual service, no pool; a
    /// missing setting also takes down what was built before. A LoadBalancer Service gets a virtual service
    /// without a pool up to 1.10.5; from 1.11.1 on it is silently built as if it selected nothing, on another
    /// VIP network than it names.
    ///
    /// ## What to do instead
    ///
    /// Create the setting first, or mend what AKO complains about in its status, or select another one.
    ///
    /// ## Not reported
    ///
    /// A setting without a status, which AKO may not have seen yet, counts as accepted. Objects that AKO leaves
    /// alone.
    "ako/unusable-infra-setting",
    enforces: &[&matrix::ako::INFRA_SETTING_STATUS],
    applies_to: &[Kind::Service, Kind::Ingress, Kind::Route],
    reads: &[
        Kind::ConfigMap,
        Kind::AKOConfig,
        Kind::HelmValues,
        Kind::Namespace,
        Kind::IngressClass,
        Kind::AviInfraSetting,
    ],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let subject = cx.subject();
    let handled = match subject.kind() {
        Some(Kind::Service) => cx.handles_service(subject)?,
        Some(Kind::Route) => cx.handles_route(subject)?,
        _ => cx.handles_ingress(subject)?,
    };
    if handled != Handled::Yes {
        return Ok(());
    }
    let Some(selection) = cx.selection(subject)? else {
        return Ok(());
    };
    let missing = selection.setting.is_none();
    if !missing && !selection.is_rejected() {
        return Ok(());
    }
    let release = &cx.profile.ako.text;
    let fault = if missing { "does not exist" } else { "is rejected by AKO" };
    let message = format!("AviInfraSetting {} {fault}", selection.name);
    let consequence = match subject.kind() {
        Some(Kind::Service) if cx.profile.ako.value < era::NAMESPACE_SETTING => {
            format!("AKO {release} builds the virtual service of the Service without a pool")
        }
        Some(Kind::Service) => {
            format!("AKO {release} builds the Service as if it selected nothing, on another VIP network")
        }
        _ if missing => format!("AKO {release} builds nothing for it and removes what it had built before"),
        _ => format!("AKO {release} builds nothing for it and leaves what it had built before as it was"),
    };
    let finding = match selection.missing_key() {
        Some(key) => Finding::missing(subject, selection.field, key, message),
        None => Finding::at(subject, selection.field, CauseKind::Forbidden, message),
    };
    let remedy = if missing { "create the setting first" } else { "mend what its status complains about" };
    out.push(finding.because(consequence).remedy(format!("{remedy}, or select another one")));
    Ok(())
}
