use crate::facts::cluster::component::{CLUSTER_CIDR, Component};
use crate::facts::cluster::range::without_blanks;
use crate::rule::prelude::*;

rule! {
    /// Cluster ranges that kube-proxy refuses
    ///
    /// ## Why
    ///
    /// kube-proxy takes one cluster range, or one of each family, and ends with an error otherwise. Before
    /// 1.18 it only wants readable ones. From 1.31 on it looks at the ranges only when it tells local traffic
    /// by them, which is the default (`detectLocalMode: ClusterCIDR`).
    ///
    /// ## What to do instead
    ///
    /// Write one range, or one IPv4 and one IPv6 range with a comma between them.
    ///
    /// ## Not reported
    ///
    /// An empty list. Ranges beside another `detectLocalMode` from 1.31 on. What two ranges ask of the gate
    /// to 1.22.
    "kubernetes/unusable-proxy-cluster-cidr",
    enforces: &[&matrix::kubernetes::PROXY_RANGES],
    applies_to: super::PROXY,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let minor = cx.kubernetes().minor;
    let Some(flags) = cx.component(Component::Proxy) else {
        return Ok(());
    };
    let Some((flag, ranges)) = flags.ranges(CLUSTER_CIDR) else {
        return Ok(());
    };
    let local = flags.get("detect-local-mode").map_or("", |flag| flag.value);
    if flag.value.is_empty() || (minor >= 31 && !["", "ClusterCIDR"].contains(&local)) {
        return Ok(());
    }
    let crowd = ranges.crowd().filter(|_| minor >= 18);
    let Some(fault) = ranges.unreadable().or(crowd) else {
        return Ok(());
    };
    let message = format!("the cluster range of kube-proxy {}", fault.explain());
    out.push(
        Finding::at(cx.subject(), flag.node, CauseKind::Invalid, message)
            .because("kube-proxy would end with an error instead of starting")
            .remedy("write one range, or one IPv4 and one IPv6 range with a comma between them")
            .meant(without_blanks(flag.value).map(|bare| flag.with(&bare))),
    );
    Ok(())
}
