use crate::facts::aks_engine::Model;
use crate::rule::prelude::*;

rule! {
    /// Mode of kube-proxy that does not do dual-stack
    ///
    /// ## Why
    ///
    /// kube-proxy does dual-stack in mode `ipvs` from Kubernetes 1.16 on and in mode `iptables` from 1.18 on;
    /// AKS Engine takes `iptables` from 0.48 on. AKS Engine checks the mode only where it is written: nothing
    /// written becomes `iptables` after the check, and on 1.16 and 1.17 the cluster is built with a kube-
    /// proxy that knows one family.
    ///
    /// ## What to do instead
    ///
    /// Set `kubeProxyMode` to `ipvs`, or build Kubernetes 1.18 or later.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`. Kubernetes before 1.16, which has no dual-stack: another rule
    /// reports that.
    "aks-engine/unsupported-proxy-mode",
    enforces: &[&matrix::aks_engine::PROXY_MODE],
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
    let version = model.kubernetes()?;
    let mode = model.proxy_mode();
    if mode == "ipvs" || !version.is_at_least(16) {
        return Ok(());
    }
    let message = match mode {
        "iptables" if !version.is_at_least(18) => {
            format!("kube-proxy does dual-stack in mode iptables from Kubernetes 1.18, not on {version}")
        }
        "iptables" if !model.tool_is_at_least(48) => {
            format!("AKS Engine {} does dual-stack with kube-proxy in mode ipvs only", model.tool())
        }
        "iptables" => return Ok(()),
        mode => format!("kube-proxy has no mode {mode:?} for dual-stack"),
    };
    let field = model.proxy_field();
    let consequence = if field.is_written() {
        "AKS Engine refuses the model"
    } else {
        "AKS Engine lets it pass, because it fills in iptables after its checks, and one family stays without Services"
    };
    out.push(
        field
            .finding(cx.subject(), CauseKind::NotSupported, message)
            .because(consequence)
            .remedy("set kubeProxyMode to ipvs"),
    );
    Ok(())
}
