use crate::facts::aks_engine::Model;
use crate::rule::prelude::*;

rule! {
    /// Service ranges of a dual-stack cluster that are not one of each family
    ///
    /// ## Why
    ///
    /// A dual-stack cluster has at most two Service ranges, one of each family. AKS Engine counts them only,
    /// and the API server refuses two of one family. A single range is fine: AKS Engine adds its default
    /// range of the other family.
    ///
    /// ## What to do instead
    ///
    /// Write one IPv4 and one IPv6 range into `serviceCidr`, the IPv4 one first, or leave it out.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`. Text that is no range: another rule.
    "aks-engine/unpaired-service-cidr",
    enforces: &[&matrix::aks_engine::SERVICE_CIDR],
    applies_to: &[Kind::ApiModel],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(model) = Model::dual_stack(cx.subject(), cx.profile) else {
        return Ok(());
    };
    let ranges = model.service_ranges();
    if ranges.is_pair() || (ranges.unreadable().is_some() && ranges.0.len() < 3) {
        return Ok(());
    }
    let message = match ranges.0.len() {
        2 => format!("{ranges} are two Service ranges of one family, where dual-stack needs one of each"),
        count => format!("{count} Service ranges, where dual-stack needs one of each family"),
    };
    let kind = if ranges.0.len() > 2 { CauseKind::TooMany } else { CauseKind::Invalid };
    out.push(
        model
            .service_field()
            .finding(cx.subject(), kind, message)
            .because("the API server would not start with them, or AKS Engine refuses the model")
            .remedy("write one IPv4 and one IPv6 range, the IPv4 one first"),
    );
    Ok(())
}
