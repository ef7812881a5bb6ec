use crate::facts::aks_engine::Model;
use crate::rule::prelude::*;

rule! {
    /// Dual-stack cluster on Azure Stack Hub
    ///
    /// ## Why
    ///
    /// Dual-stack is not supported on Azure Stack Hub. AKS Engine does not check it: it builds the cluster,
    /// and the platform has no IPv6 to give to it.
    ///
    /// ## What to do instead
    ///
    /// Take `enableIPv6DualStack` out, or build the cluster on Azure.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`. Custom clouds whose `environment` has another name: only
    /// `AzureStackCloud`, or no name at all, is Azure Stack Hub.
    "aks-engine/dual-stack-on-azure-stack-hub",
    enforces: &[&matrix::aks_engine::AZURE_STACK_HUB],
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
    if !model.is_azure_stack_hub() {
        return Ok(());
    }
    let message = "dual-stack is not supported on Azure Stack Hub, which customCloudProfile stands for";
    out.push(
        model
            .dual_stack_flag()
            .finding(cx.subject(), CauseKind::NotSupported, message)
            .because("AKS Engine would build the cluster without a word, and the platform gives it no IPv6")
            .remedy("take enableIPv6DualStack out, or name the custom cloud's environment if it is another"),
    );
    Ok(())
}
