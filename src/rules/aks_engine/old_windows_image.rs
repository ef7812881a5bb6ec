use crate::facts::aks_engine::Model;
use crate::facts::aks_engine::windows::{Age, age_of};
use crate::rule::prelude::*;

rule! {
    /// Windows image older than version 2004 in a dual-stack cluster
    ///
    /// ## Why
    ///
    /// Windows nodes do dual-stack from Windows version 2004 on. AKS Engine does not check the image, and its
    /// own images, which it uses when `windowsSku` is missing, are Server 2019, that is version 1809. Pods on
    /// such nodes get no IPv6.
    ///
    /// ## What to do instead
    ///
    /// Set `windowsSku` to an image of version 2004 or later, such as `Datacenter-Core-2004-with-Containers-
    /// smalldisk`.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`. Clusters without Windows pools. Images of your own and SKUs
    /// that name no version: another rule warns.
    "aks-engine/old-windows-image",
    enforces: &[&matrix::aks_engine::WINDOWS_IMAGE],
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
    let sku = model.windows_sku_field();
    let is_old = !sku.is_written() || age_of(sku.text()) == Age::Old;
    if !is_old || model.windows_pools().is_empty() || model.custom_windows_image().is_some() {
        return Ok(());
    }
    let message = if sku.is_written() {
        format!("the Windows image {:?} is older than version 2004", sku.text())
    } else {
        "without windowsSku the image is Windows Server 2019, which is older than version 2004".to_owned()
    };
    out.push(
        sku.finding(cx.subject(), CauseKind::NotSupported, message)
            .because("AKS Engine would build the pool, and its pods could not be dual-stack")
            .remedy("set windowsSku to version 2004 or later, such as Datacenter-Core-2004-with-Containers-smalldisk"),
    );
    Ok(())
}
