use crate::facts::aks_engine::Model;
use crate::rule::prelude::*;

rule! {
    /// Dual-stack and IPv6-only asked for at once
    ///
    /// ## Why
    ///
    /// `enableIPv6DualStack` and `enableIPv6Only` exclude each other. AKS Engine refuses a model with both.
    ///
    /// ## What to do instead
    ///
    /// Keep the one you want.
    ///
    /// ## Not reported
    ///
    /// Models with one of the two.
    "aks-engine/both-ipv6-flags",
    enforces: &[&matrix::aks_engine::EXCLUSIVE_FLAGS],
    applies_to: &[Kind::ApiModel],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(model) = Model::dual_stack(cx.subject(), cx.profile).filter(Model::has_ipv6_only_flag) else {
        return Ok(());
    };
    out.push(
        model
            .ipv6_only_flag()
            .finding(
                cx.subject(),
                CauseKind::Forbidden,
                "enableIPv6Only and enableIPv6DualStack are both set",
            )
            .because("AKS Engine refuses the model")
            .remedy("keep enableIPv6DualStack or enableIPv6Only, not both"),
    );
    Ok(())
}
