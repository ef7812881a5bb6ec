use crate::facts::ako::node::{POD_CIDRS, Reader, no_routes};
use crate::model::address::{Address, classify};
use crate::model::{Cloud, Families};
use crate::rule::prelude::*;

rule! {
    /// An IPv6 network in a node's pod-cidrs annotation
    ///
    /// ## Why
    ///
    /// Where no CNI plug-in tells AKO a node's Pod networks, the annotation `ako.vmware.com/pod-cidrs` does, in place
    /// of `spec.podCIDRs`. AKO takes IPv4 networks in it only: one IPv6 network among them, and the node gets no
    /// static route at all, so that its Pods cannot be reached in either family.
    ///
    /// ## What to do instead
    ///
    /// List IPv4 networks only, or remove the annotation so that AKO reads `spec.podCIDRs`, which may hold both
    /// families.
    ///
    /// ## Not reported
    ///
    /// Clusters whose `cniPlugin` is calico, openshift or, from 1.10.1, ovn-kubernetes or cilium: AKO does not read the
    /// annotation there. Nor does it where it makes no routes: in the pool modes NodePort and NodePortLocal, with
    /// `disableStaticRouteSync`, and with NCP on NSX-T.
    "ako/ipv6-pod-cidrs-annotation",
    enforces: &[&matrix::ako::POD_CIDRS_ANNOTATION],
    applies_to: &[Kind::Node],
    reads: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let node = cx.subject();
    let field = node.annotation(POD_CIDRS);
    let Some(network) = field.text().split(',').map(str::trim).find(|network| is_ipv6(network)) else {
        return Ok(());
    };
    let release = cx.profile.ako.value;
    let cloud = cx.profile.cloud.as_ref().map_or(Cloud::VCenter, |cloud| cloud.value);
    let is_read = cx.config_or(true, |config| {
        let reader = Reader { release, cni: config.cni(), families: Families::BOTH };
        reader.reads_ranges_of_nodes() && no_routes(config, cloud).is_none()
    })?;
    if !is_read {
        return Ok(());
    }
    out.push(
        Finding::at(
            node,
            field,
            CauseKind::NotSupported,
            format!("AKO takes IPv4 networks only in this annotation, not {network}"),
        )
        .because("AKO would program no route to this node, in neither family")
        .remedy("list IPv4 networks only, or remove the annotation"),
    );
    Ok(())
}

fn is_ipv6(network: &str) -> bool {
    let address = network.split('/').next().unwrap_or_default();
    matches!(classify(address), Address::V6(_) | Address::Mapped(_))
}
