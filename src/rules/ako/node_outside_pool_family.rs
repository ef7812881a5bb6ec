use std::net::IpAddr;

use crate::facts::ako::node::{Addresses, Reader, stands_in_pools};
use crate::facts::ako::pattern::is_v6_cidr;
use crate::model::{Families, IpFamily};
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
    /// NodePort mode; from 1.12.1 on AKO leaves the Node out. AKO takes the annotations of the CNI plug-in that
    /// `cniPlugin` names, and the first InternalIP of a family, as they stand: a link-local address, or one of the other
    /// family, is of no use to it.
    ///
    /// ## What to do instead
    ///
    /// Give the Node an InternalIP of that family (`--node-ip`), or set `ipFamily` to one that all Nodes have.
    ///
    /// ## Not reported
    ///
    /// Nodes without any address yet. Where AKO works with both families: Nodes without IPv6 that have no IPv6 Pod
    /// range either, or in NodePort mode any other address. Nodes that the selector of NodePort mode leaves out. NodePortLocal, and `disableStaticRouteSync`: nothing goes by the Node there.
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
    let Some(config) = cx.config()?.filter(|_| has_any_address(node)) else { return Ok(()) };
    let is_by_route = match config.service_type() {
        "ClusterIP" if config.is_on(Setting::DisableStaticRoutes) => return Ok(()),
        "ClusterIP" => true,
        "NodePort" if stands_in_pools(config, node) => false,
        _ => return Ok(()),
    };
    let families = cx.effective_families()?;
    let reader = Reader { release: cx.profile.ako.value, cni: config.cni(), families };
    let Addresses { v4, v6 } = reader.addresses(node);
    let uses = |address: &str, wanted: IpFamily| match address.parse::<IpAddr>() {
        // nothing beyond its own link can send there
        Ok(IpAddr::V6(address)) => wanted == IpFamily::V6 && !address.is_unicast_link_local(),
        Ok(IpAddr::V4(_)) => wanted == IpFamily::V4,
        Err(_) => false,
    };
    let has = Families { v4: uses(&v4, IpFamily::V4), v6: uses(&v6, IpFamily::V6) };
    let routes_v6 = || node.spec().at("podCIDRs").items().any(|range| is_v6_cidr(range.text()));
    let missing = match (is_by_route, families.is_dual()) {
        // what happens to IPv4 routes nobody has described
        (true, false) => families.v6 && !has.v6,
        (true, true) => !has.v6 && routes_v6(),
        (false, false) => (families.v4 && !has.v4) || (families.v6 && !has.v6),
        (false, true) => has == Families::NONE,
    };
    if !missing {
        return Ok(());
    }
    let family = if families.v6 { "IPv6" } else { "IPv4" };
    let taken = if families.v6 { v6 } else { v4 };
    let message = match taken.as_str() {
        "" => format!("the Node has no {family} address, and AKO works with {families}"),
        taken => {
            format!(
                "AKO takes {taken} for the Node's {family} address, which nothing beyond the Node can use"
            )
        }
    };
    out.push(
        Finding::at(node, field, CauseKind::Required, message)
            .because(match (is_by_route, cx.era().has_dual_stack()) {
                (true, _) if !taken.is_empty() => {
                    "AKO programs a route to this Node that leads nowhere: its Pods cannot be reached over it"
                }
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

/// Whether a Node has any address yet: internal ones, or those of a CNI plug-in.
fn has_any_address(node: Object<'_>) -> bool {
    let mut addresses = node.at_key("status").at("addresses").items();
    addresses.any(|entry| entry.at("type").text() == "InternalIP")
        || ANNOTATIONS.iter().any(|annotation| !node.annotation(annotation).is_absent())
}
