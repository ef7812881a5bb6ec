use crate::facts::service::resolution::is_external_name;
use crate::rule::prelude::*;
use std::net::IpAddr;

rule! {
    /// Primary cluster IP that is changed
    ///
    /// ## Why
    ///
    /// The first cluster IP of a Service never changes, nor does its family, for as long as the Service has
    /// one.
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
    let (before, now) = (primary(old), primary(service));
    let (was, is) = (before.text(), now.text());
    let same = match (was.parse::<IpAddr>(), is.parse::<IpAddr>()) {
        (Ok(was), Ok(is)) => was == is,
        _ => was == is,
    };
    if was.is_empty() || is.is_empty() || same {
        return Ok(());
    }
    out.push(
        Finding::at(service, now, CauseKind::Invalid, format!("the cluster IP is {was} for good"))
            .because("the API server refuses the change")
            .remedy("leave clusterIP and clusterIPs as they are, or delete the Service and create it anew"),
    );
    Ok(())
}

fn primary(service: Object<'_>) -> Node<'_> {
    let spec = service.spec();
    spec.at("clusterIPs").items().next().unwrap_or_else(|| spec.at("clusterIP"))
}
