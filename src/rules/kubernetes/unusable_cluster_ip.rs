use crate::facts::cluster::range::is_lenient_address;
use crate::facts::service::resolution::cluster_ip_fields;
use crate::model::address::{Address, classify, meant};
use crate::rule::prelude::*;

rule! {
    /// Cluster IP that is no plain address
    ///
    /// ## Why
    ///
    /// A cluster IP is a plain IPv4 or IPv6 address, or `None`. The API server refuses anything else, from
    /// 1.36 on leading zeros and IPv4-mapped addresses too.
    ///
    /// ## What to do instead
    ///
    /// Write a plain address inside a Service range, or leave the choice to the API server.
    ///
    /// ## Not reported
    ///
    /// Upper case and zeros in an IPv6 address: they are accepted with a warning of the API server. Addresses
    /// that an update leaves as they are.
    "kubernetes/unusable-cluster-ip",
    enforces: &[&matrix::kubernetes::CLUSTER_IPS, &matrix::kubernetes::STRICT_TEXT],
    applies_to: &[Kind::Service],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    let spec = service.spec();
    if cx.is_external_name() {
        return Ok(());
    }
    let minor = cx.kubernetes().minor;
    let is_list = spec.at("clusterIPs").items().next().is_some();
    for node in cluster_ip_fields(service).filter(|node| is_list || !node.text().is_empty()) {
        let text = node.text();
        if text == "None" || matches!(classify(text), Address::V4(_) | Address::V6(_)) {
            continue;
        }
        if minor < 36 && is_lenient_address(text) {
            continue;
        }
        let same = cx.old.is_some_and(|old| old.spec().at("clusterIPs").items().any(|ip| ip.text() == text));
        if !same {
            let message = format!("{text:?} is no plain IP address");
            out.push(
                Finding::at(service, node, CauseKind::Invalid, message)
                    .because("the API server refuses the Service")
                    .remedy("write a plain address inside a Service range, or leave the field away")
                    .meant(meant(text).map(|address| address.to_string())),
            );
        }
    }
    Ok(())
}
