use crate::model::address::{Address, classify};
use crate::rule::prelude::*;

/// Annotation that replaces a node's `podCIDRs`.
const ANNOTATION: &str = "ako.vmware.com/pod-cidrs";

/// CNI plug-ins with which AKO does not read the annotation (ako.md section 7).
const OTHER_SOURCES: [&str; 4] = ["calico", "openshift", "ovn-kubernetes", "cilium"];

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
    /// Clusters whose `cniPlugin` is calico, openshift, ovn-kubernetes or cilium, and the pool modes NodePort and
    /// NodePortLocal: AKO does not read the annotation there.
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
    let field = node.annotation(ANNOTATION);
    let Some(network) = field.text().split(',').map(str::trim).find(|network| is_ipv6(network)) else {
        return Ok(());
    };
    let is_read = cx.config_or(true, |config| {
        config.service_type() == "ClusterIP" && !OTHER_SOURCES.contains(&config.cni().as_str())
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
