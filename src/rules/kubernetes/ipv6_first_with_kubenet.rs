use crate::facts::cluster::component::{CLUSTER_CIDR, Component};
use crate::model::IpFamily;
use crate::rule::prelude::*;

rule! {
    /// IPv6 cluster range first under kubenet
    ///
    /// ## Why
    ///
    /// kubenet lists the addresses of a Pod with IPv4 first, whatever the order of the cluster ranges. Under
    /// an IPv6-first cluster the primary address of every Pod is of the family that the cluster does not
    /// treat as its own.
    ///
    /// ## What to do instead
    ///
    /// Put the IPv4 range first, or use a CNI plug-in.
    ///
    /// ## Not reported
    ///
    /// Other network plug-ins, and releases from 1.24 on, which have no kubenet.
    "kubernetes/ipv6-first-with-kubenet",
    enforces: &[&matrix::kubernetes::KUBENET],
    applies_to: &[Kind::ClusterFlags],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if !(16..=23).contains(&cx.kubernetes().minor) {
        return Ok(());
    }
    let plugin = cx.component(Component::Kubelet).and_then(|flags| flags.get("network-plugin"));
    if plugin.is_none_or(|plugin| plugin.value != "kubenet") {
        return Ok(());
    }
    let manager = cx.component(Component::ControllerManager);
    let Some((flag, ranges)) = manager.and_then(|flags| flags.ranges(CLUSTER_CIDR)) else {
        return Ok(());
    };
    if ranges.is_dual() && ranges.families().first() == Some(&IpFamily::V6) {
        out.push(
            Finding::at(
                cx.subject(),
                flag.node,
                CauseKind::NotSupported,
                "kubenet lists the addresses of Pods with IPv4 first, whatever the order of the ranges",
            )
            .because("the primary address of every Pod would be IPv4 in an IPv6-first cluster")
            .remedy("put the IPv4 range first, or use a CNI plug-in"),
        );
    }
    Ok(())
}
