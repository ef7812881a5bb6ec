use crate::facts::aks_engine::{Model, Ranges, Stack};
use crate::rule::prelude::*;

rule! {
    /// Several ranges in a cluster that is not dual-stack
    ///
    /// ## Why
    ///
    /// Without `enableIPv6DualStack` a cluster has one `clusterSubnet` and one `serviceCidr`. AKS Engine
    /// refuses a second one; two ranges alone do not make a cluster dual-stack, and a flag that is false is
    /// none.
    ///
    /// ## What to do instead
    ///
    /// Set `properties.featureFlags.enableIPv6DualStack` to true, or write one range.
    ///
    /// ## Not reported
    ///
    /// Dual-stack clusters.
    "aks-engine/several-ranges-without-dual-stack",
    enforces: &[&matrix::aks_engine::SINGLE_RANGES],
    applies_to: &[Kind::ApiModel],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let model = Model::of(cx.subject(), cx.profile);
    if model.stack == Stack::Dual {
        return Ok(());
    }
    for field in [model.subnet_field(), model.service_field()] {
        let count = Ranges::split(field.text()).0.len();
        if count > 1 {
            let message = format!("{count} ranges, where a cluster without enableIPv6DualStack has one");
            out.push(
                field
                    .finding(cx.subject(), CauseKind::TooMany, message)
                    .because("AKS Engine refuses the model")
                    .remedy("set featureFlags.enableIPv6DualStack to true, or write one range"),
            );
        }
    }
    Ok(())
}
