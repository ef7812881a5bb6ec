use crate::facts::cluster::component::{CLUSTER_CIDR, Component, Stage};
use crate::rule::prelude::*;

rule! {
    /// kube-proxy mode that serves one family
    ///
    /// ## Why
    ///
    /// In 1.16 and 1.17 only the mode ipvs serves two families; iptables, the default, takes the first
    /// range's family and says nothing. The mode nftables exists from 1.29 on, and needs its gate, which is on from 1.31.
    ///
    /// ## What to do instead
    ///
    /// Use `ipvs` in 1.16 and 1.17, `iptables` from 1.18 on, `nftables` from 1.31 on.
    ///
    /// ## Not reported
    ///
    /// kube-proxy with one cluster range.
    "kubernetes/proxy-mode-without-dual-stack",
    enforces: &[&matrix::kubernetes::PROXY_IPTABLES, &matrix::kubernetes::PROXY_NFTABLES],
    applies_to: super::PROXY,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let kubernetes = cx.kubernetes();
    let Some(flags) = cx.component(Component::Proxy) else {
        return Ok(());
    };
    if kubernetes.minor < 16 || !flags.ranges(CLUSTER_CIDR).is_some_and(|(_, ranges)| ranges.is_several()) {
        return Ok(());
    }
    let mode = flags.get("proxy-mode");
    let nftables = |stage, by_default| flags.has_feature("NFTablesProxyMode", stage, by_default);
    let instead = match mode.map_or("", |mode| mode.value) {
        "" | "iptables" if kubernetes.minor < 18 => "ipvs",
        "nftables" if kubernetes.minor < 29 => "iptables or ipvs",
        "nftables" if kubernetes.minor < 31 && !nftables(Stage::Alpha, false) => {
            "iptables, or switch the gate NFTablesProxyMode on"
        }
        "nftables" if (31..33).contains(&kubernetes.minor) && !nftables(Stage::Beta, true) => {
            "iptables, or leave the gate NFTablesProxyMode on"
        }
        _ => return Ok(()),
    };
    let name = mode.map_or("", |mode| mode.value);
    let name = if name.is_empty() { "iptables, the default," } else { name };
    let message = format!("kube-proxy {} in mode {name} does not serve two families", kubernetes.text);
    let field = mode.map_or(flags.owner, |mode| mode.node);
    out.push(
        Finding::at(cx.subject(), field, CauseKind::NotSupported, message)
            .because("one family's Services would get no traffic, or kube-proxy would not start")
            .remedy(format!("use {instead}")),
    );
    Ok(())
}
