use crate::facts::aks_engine::Model;
use crate::facts::aks_engine::model::IPV6_MASK_FLAG;
use crate::rule::prelude::*;

rule! {
    /// IPv6 node mask flag with Azure CNI from Kubernetes 1.20 on
    ///
    /// ## Why
    ///
    /// With Azure CNI the controller manager is given the IPv6 pod range alone. From Kubernetes 1.20 on it
    /// refuses `--node-cidr-mask-size-ipv6` for a single range and restarts for ever. AKS Engine does not
    /// check it.
    ///
    /// ## What to do instead
    ///
    /// Use `--node-cidr-mask-size`, which then is the mask of the IPv6 range.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`. kubenet, where the flag is right.
    "aks-engine/ipv6-node-mask-flag-with-azure-cni",
    enforces: &[&matrix::aks_engine::NODE_MASK_FLAG],
    applies_to: &[Kind::ApiModel],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(model) = Model::dual_stack_azure(cx.subject(), cx.profile) else {
        return Ok(());
    };
    let Some(flag) = model.controller_manager_flag(IPV6_MASK_FLAG) else {
        return Ok(());
    };
    let version = model.kubernetes()?;
    if !version.is_at_least(20) {
        return Ok(());
    }
    let message =
        "with Azure CNI the controller manager has one range and refuses --node-cidr-mask-size-ipv6";
    out.push(
        Finding::at(cx.subject(), flag, CauseKind::Forbidden, message)
            .because(format!(
                "on Kubernetes {version} it would restart for ever, and no node would get addresses"
            ))
            .remedy("use --node-cidr-mask-size instead"),
    );
    Ok(())
}
