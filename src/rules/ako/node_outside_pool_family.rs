use crate::facts::cluster::range::{family, parse};
use crate::facts::service::resolution::family_of;
use crate::model::Families;
use crate::rule::prelude::*;

/// Annotations from which AKO takes addresses of a Node as well (ako.md section 7).
const ANNOTATIONS: [&str; 3] =
    ["projectcalico.org/IPv4Address", "projectcalico.org/IPv6Address", "node.antrea.io/transport-addresses"];

rule! {
    /// A Node without an address of the family AKO works with
    ///
    /// ## Why
    ///
    /// AKO reaches Pods over their Node: in ClusterIP mode by a route to it, in NodePort mode as a pool server. A Node
    /// without an address of the configured family gets neither. Up to 1.11.5 one such Node empties whole pools in
    /// NodePort mode; from 1.12.1 on AKO leaves the Node out.
    ///
    /// ## What to do instead
    ///
    /// Give the Node an InternalIP of that family (`--node-ip`), or set `ipFamily` to one that all Nodes have.
    ///
    /// ## Not reported
    ///
    /// Nodes without any address yet. Where AKO works with both families: Nodes without IPv6 that have no IPv6 Pod
    /// range either, or in NodePort mode. NodePortLocal, and `disableStaticRouteSync`: nothing goes by the Node there.
    "ako/node-outside-pool-family",
    enforces: &[&matrix::ako::NODE_ADDRESSES],
    applies_to: &[Kind::Node],
    reads: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let node = cx.subject();
    let field = node.at_key("status").at("addresses");
    let internal = field.items().filter(|entry| entry.at("type").text() == "InternalIP");
    let mut texts: Vec<&str> = internal.map(|entry| entry.at("address").text()).collect();
    for annotation in ANNOTATIONS {
        let listed = node.annotation(annotation).text().split(',');
        texts.extend(listed.map(|address| address.split('/').next().unwrap_or_default().trim()));
    }
    let has: Families = texts.into_iter().filter_map(family_of).collect();
    if has == Families::NONE || cx.config()?.is_none() {
        return Ok(());
    }
    let mode = cx.config_or("", |config| config.service_type())?;
    let wanted = cx.effective_families()?;
    let routes_v6 = || node.spec().at("podCIDRs").items().any(|range| is_v6(range.text()));
    let is_by_route = match mode {
        "ClusterIP" => !cx.config_or(false, |config| config.is_on(Setting::DisableStaticRoutes))?,
        "NodePort" => false,
        _ => return Ok(()),
    };
    let missing = match (is_by_route, wanted.is_dual()) {
        // what happens to IPv4 routes nobody has described
        (true, false) => wanted.v6 && !has.v6,
        (true, true) => !has.v6 && routes_v6(),
        (false, false) => (wanted.v4 && !has.v4) || (wanted.v6 && !has.v6),
        (false, true) => false,
    };
    if !missing || (mode == "ClusterIP" && !is_by_route) {
        return Ok(());
    }
    let family = if wanted.v6 { "IPv6" } else { "IPv4" };
    let message = format!("the Node has no {family} address, and AKO works with {wanted}");
    out.push(
        Finding::at(node, field, CauseKind::Required, message)
            .because(match (is_by_route, cx.era().has_dual_stack()) {
                (true, false) => "AKO programs no route to this Node: its Pods cannot be reached",
                (true, true) => {
                    "AKO programs no IPv6 route to this Node: its Pods cannot be reached over IPv6"
                }
                (false, false) => "AKO leaves pools empty while one Node lacks the family",
                (false, true) => "AKO leaves this Node out of every pool",
            })
            .remedy(format!("give the Node an {family} InternalIP, or set ipFamily to what all Nodes have")),
    );
    Ok(())
}

fn is_v6(range: &str) -> bool {
    parse(range).is_some_and(|range| family(&range) == crate::model::IpFamily::V6)
}
