use crate::facts::service::resolution::{family_of, is_external_name};
use crate::rule::prelude::*;
use std::net::IpAddr;

rule! {
    /// Cluster IPs that contradict each other
    ///
    /// ## Why
    ///
    /// `clusterIPs` begins with `clusterIP`, holds at most two addresses, one of each family, and nothing
    /// beside `None`. The API server refuses a Service whose lists contradict each other.
    ///
    /// ## What to do instead
    ///
    /// Leave both fields to the API server, or write `clusterIP` and the same address first in `clusterIPs`.
    ///
    /// ## Not reported
    ///
    /// Single entries that are no addresses or do not go with `ipFamilies`: other rules speak of these. An
    /// update that leaves `clusterIP` out: the API server keeps what the Service has. A list without
    /// `clusterIP` where AKO is in play: such Services are sketches of finished ones.
    "kubernetes/inconsistent-cluster-ips",
    enforces: &[&matrix::kubernetes::CLUSTER_IPS],
    applies_to: &[Kind::Service],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    let (ip, ips) = (service.spec().at("clusterIP"), service.spec().at("clusterIPs"));
    let texts: Vec<&str> = ips.items().map(Node::text).collect();
    let Some(first) = texts.first() else { return Ok(()) };
    if cx.kubernetes().minor < 20 || cx.is_external_name() {
        return Ok(());
    }
    let why = if texts.len() > 2 {
        "there are more than two cluster IPs"
    } else if texts.len() == 2 && texts.contains(&"None") {
        "the cluster IP None stands beside another"
    } else if ip.text().is_empty() && cx.old.is_none_or(is_external_name) && !cx.profile.ako_in_play {
        "clusterIPs is set, but clusterIP is not"
    } else if !ip.text().is_empty() && !is_same(ip.text(), first) {
        "the first of clusterIPs is not clusterIP"
    } else if let [first, second] = texts.as_slice()
        && family_of(first).is_some_and(|family| family_of(second) == Some(family))
    {
        "both cluster IPs are of one family"
    } else {
        return Ok(());
    };
    out.push(
        Finding::at(service, ips, CauseKind::Invalid, why)
            .because("the API server refuses the Service")
            .remedy("leave both fields to the API server, or begin clusterIPs with clusterIP and add the other family"),
    );
    Ok(())
}

fn is_same(a: &str, b: &str) -> bool {
    a == b
        || match (a.parse::<IpAddr>(), b.parse::<IpAddr>()) {
            (Ok(a), Ok(b)) => a == b,
            _ => false,
        }
}
