use crate::facts::ako::node::{POD_CIDRS, Reader, no_routes};
use crate::facts::ako::pattern::is_v6_cidr;
use crate::model::{Cloud, Families, IpFamily};
use crate::rule::prelude::*;

rule! {
    /// A Node whose Pod ranges are none of the family AKO works with
    ///
    /// ## Why
    ///
    /// In ClusterIP mode AKO makes a static route to each Pod range of a Node, as far as the range is of the family that
    /// `ipFamily` names. A Node without such a range gets no route: servers on it cannot be reached, with no more than a
    /// line in AKO's log.
    ///
    /// ## What to do instead
    ///
    /// Give the cluster Pod ranges of that family, or set `ipFamily` to what its Pods have.
    ///
    /// ## Not reported
    ///
    /// Nodes without any range, which may get one yet. Plug-ins that keep the ranges in objects of their own (Calico,
    /// OpenShift SDN, Cilium). Where AKO works with both families. NodePort and NodePortLocal mode, and
    /// `disableStaticRouteSync`: there are no routes then.
    "ako/pod-range-outside-pool-family",
    enforces: &[&matrix::ako::NODE_ADDRESSES],
    applies_to: &[Kind::Node],
    reads: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let node = cx.subject();
    let Some(config) = cx.config()? else { return Ok(()) };
    let cloud = cx.profile.cloud.as_ref().map_or(Cloud::VCenter, |cloud| cloud.value);
    if no_routes(config, cloud).is_some() {
        return Ok(());
    }
    let families = cx.effective_families()?;
    let reader = Reader { release: cx.profile.ako.value, cni: config.cni(), families };
    // an annotation that cannot be read has a rule of its own
    let Ok(ranges) = reader.ranges(node) else { return Ok(()) };
    if families.is_dual() || ranges.is_empty() || !reader.reads_ranges_of_nodes() {
        return Ok(());
    }
    let family = |range: &String| if is_v6_cidr(range) { IpFamily::V6 } else { IpFamily::V4 };
    let has: Families = ranges.iter().map(family).collect();
    if has.is_dual() || has == families {
        return Ok(());
    }
    let annotation = node.annotation(POD_CIDRS);
    let many = node.spec().at("podCIDRs");
    let field = match (annotation.is_absent(), many.is_nothing()) {
        (false, _) => annotation,
        (true, false) => many,
        (true, true) => node.spec().at("podCIDR"),
    };
    let message = format!("the Node's Pod ranges are {has} only, and AKO works with {families}");
    out.push(
        Finding::at(node, field, CauseKind::NotSupported, message)
            .because("AKO programs no route to this Node: its Pods cannot be reached")
            .remedy(format!("give the cluster {families} Pod ranges, or set ipFamily to what its Pods have")),
    );
    Ok(())
}
