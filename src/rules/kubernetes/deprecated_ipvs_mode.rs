use crate::facts::cluster::component::{CLUSTER_CIDR, Component};
use crate::rule::prelude::*;

rule! {
    /// kube-proxy in mode ipvs, which is on its way out
    ///
    /// ## Why
    ///
    /// The mode ipvs serves two families in every release, but from 1.35 on kube-proxy logs and records that
    /// it is deprecated.
    ///
    /// ## What to do instead
    ///
    /// Use the mode nftables, which is stable from 1.33 on.
    ///
    /// ## Not reported
    ///
    /// kube-proxy with one cluster range, and releases before 1.35.
    "kubernetes/deprecated-ipvs-mode",
    enforces: &[&matrix::kubernetes::PROXY_IPVS],
    applies_to: super::PROXY,
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let kubernetes = cx.kubernetes();
    if kubernetes.minor < 35 {
        return Ok(());
    }
    let Some(flags) = cx.component(Component::Proxy) else {
        return Ok(());
    };
    let several = flags.ranges(CLUSTER_CIDR).is_some_and(|(_, ranges)| ranges.is_several());
    if let Some(mode) = flags.get("proxy-mode").filter(|mode| several && mode.value == "ipvs") {
        let message = format!("the mode ipvs is deprecated in kube-proxy {}", kubernetes.text);
        out.push(
            Finding::at(cx.subject(), mode.node, CauseKind::NotSupported, message)
                .because("a later release will not start with it")
                .remedy("use the mode nftables"),
        );
    }
    Ok(())
}
