use crate::facts::aks_engine::Model;
use crate::rule::prelude::*;

rule! {
    /// Basic load balancer in a dual-stack cluster
    ///
    /// ## Why
    ///
    /// A Basic load balancer has one IPv6 frontend, a Standard one up to 600. So one IPv6 Service of type
    /// LoadBalancer is all the cluster can have.
    ///
    /// ## What to do instead
    ///
    /// Take `loadBalancerSku` out, which means Standard, or set it to `Standard` with
    /// `excludeMasterFromStandardLB: true`.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`. Azure Stack Hub, which has Basic only and no dual-stack at
    /// all: another rule.
    "aks-engine/basic-load-balancer",
    enforces: &[&matrix::aks_engine::LOAD_BALANCER],
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
    if model.load_balancer_sku() != "Basic" || model.is_azure_stack_hub() {
        return Ok(());
    }
    let message = "a Basic load balancer has one IPv6 frontend, a Standard one up to 600";
    out.push(
        model
            .sku_field()
            .finding(cx.subject(), CauseKind::NotSupported, message)
            .because("a second IPv6 Service of type LoadBalancer would get no address")
            .remedy("take loadBalancerSku out, which means Standard"),
    );
    Ok(())
}
