use crate::facts::service::resolution::cluster_ip_fields;
use crate::model::address::{Address, classify};
use crate::rule::prelude::*;
use std::net::IpAddr;

rule! {
    /// Cluster IP outside every Service range
    ///
    /// ## Why
    ///
    /// The API server hands out and accepts addresses of its Service ranges only: the one it starts with, and
    /// from 1.33 on those of ServiceCIDR objects.
    ///
    /// ## What to do instead
    ///
    /// Leave the address to the API server, or choose one inside a Service range.
    ///
    /// ## Not reported
    ///
    /// Services that an API server has settled already, as those that the webhook sees: it has given the
    /// address itself. Inputs that name no Service range, families of which no range is known, and addresses
    /// that an update leaves as they are.
    "kubernetes/cluster-ip-outside-service-ranges",
    enforces: &[&matrix::kubernetes::CLUSTER_IPS],
    applies_to: &[Kind::Service],
    reads: &[Kind::ServiceCIDR, Kind::ClusterFlags, Kind::ClusterConfiguration],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    let spec = service.spec();
    if cx.is_external_name() || cx.is_settled() {
        return Ok(());
    }
    let mut addresses: Vec<IpAddr> = Vec::new();
    for node in cluster_ip_fields(service) {
        let before = cx.old.map(Object::spec);
        let same = before.is_some_and(|old| {
            old.at("clusterIP").text() == node.text()
                || old.at("clusterIPs").items().any(|ip| ip.text() == node.text())
        });
        let plain = matches!(classify(node.text()), Address::V4(_) | Address::V6(_));
        addresses.extend(node.text().parse::<IpAddr>().ok().filter(|_| plain && !same));
    }
    if addresses.is_empty() {
        return Ok(());
    }
    let ranges = cx.service_ranges();
    let list = spec.at("clusterIPs");
    let field = if list.is_absent() { spec.at("clusterIP") } else { list };
    for address in addresses {
        let mut of_family =
            ranges.iter().filter(|range| range.addr().is_ipv4() == address.is_ipv4()).peekable();
        if of_family.peek().is_some() && !of_family.any(|range| range.contains(&address)) {
            out.push(
                Finding::at(
                    service,
                    field,
                    CauseKind::Invalid,
                    format!("the cluster IP {address} lies outside every Service range"),
                )
                .because("the API server refuses the Service")
                .remedy("choose an address inside a Service range, or leave the field away"),
            );
        }
    }
    Ok(())
}
