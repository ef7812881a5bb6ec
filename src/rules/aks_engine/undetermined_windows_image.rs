use crate::facts::aks_engine::Model;
use crate::facts::aks_engine::windows::{Age, age_of};
use crate::rule::prelude::*;

rule! {
    /// Windows image of unknown version in a dual-stack cluster
    ///
    /// ## Why
    ///
    /// Windows nodes do dual-stack from Windows version 2004 on. An image of your own, or a `windowsSku` that
    /// names no version, does not say which one it holds.
    ///
    /// ## What to do instead
    ///
    /// See to it that the image holds Windows version 2004 (10.0.19041.610) or later, or use one that says
    /// so.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`. Clusters without Windows pools.
    "aks-engine/undetermined-windows-image",
    enforces: &[&matrix::aks_engine::WINDOWS_IMAGE],
    applies_to: &[Kind::ApiModel],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(model) = Model::dual_stack(cx.subject(), cx.profile) else {
        return Ok(());
    };
    let sku = model.windows_sku_field();
    let unnamed = Some(sku).filter(|sku| sku.is_written() && age_of(sku.text()) == Age::Unknown);
    let Some(field) = model.custom_windows_image().or(unnamed).filter(|_| !model.windows_pools().is_empty())
    else {
        return Ok(());
    };
    let message = "nothing tells whether this Windows image is version 2004 or later";
    out.push(
        field
            .finding(cx.subject(), CauseKind::NotSupported, message)
            .because("pods on an older Windows could not be dual-stack")
            .remedy("make sure that the image is Windows version 2004 (10.0.19041.610) or later"),
    );
    Ok(())
}
