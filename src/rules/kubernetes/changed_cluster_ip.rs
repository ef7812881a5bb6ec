use crate::facts::service::resolution::{cluster_ip_fields, is_external_name};
use crate::rule::prelude::*;
use std::net::IpAddr;

rule! {
    /// Cluster IP that is changed
    ///
    /// ## Why
    ///
    /// The first cluster IP of a Service never changes, nor does its family, for as long as the Service has
    /// one. The second may go and come, but not change.
    ///
    /// ## What to do instead
    ///
    /// Leave `clusterIP` and `clusterIPs` as they are, or out. For another address delete the Service and
    /// create it anew.
    ///
    /// ## Not reported
    ///
    /// Services that were or become of type ExternalName, and fields left out.
    "kubernetes/changed-cluster-ip",
    enforces: &[&matrix::kubernetes::CLUSTER_IPS],
    applies_to: &[Kind::Service],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    let Some(old) = cx.old.filter(|_| cx.operation == Operation::Update) else {
        return Ok(());
    };
    if is_external_name(old) || is_external_name(service) {
        return Ok(());
    }
    for (before, now) in cluster_ip_fields(old).zip(cluster_ip_fields(service)) {
        let (was, is) = (before.text(), now.text());
        let same = match (was.parse::<IpAddr>(), is.parse::<IpAddr>()) {
            (Ok(was), Ok(is)) => was == is,
            _ => was == is,
        };
        if was.is_empty() || is.is_empty() || same {
            continue;
        }
        out.push(
            Finding::at(service, now, CauseKind::Invalid, format!("the cluster IP is {was} for good"))
                .because("the API server refuses the change")
                .remedy(
                    "leave clusterIP and clusterIPs as they are, or delete the Service and create it anew",
                ),
        );
    }
    Ok(())
}
