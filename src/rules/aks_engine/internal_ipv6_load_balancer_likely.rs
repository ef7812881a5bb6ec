use crate::facts::aks_engine::Cluster;
use crate::facts::aks_engine::cluster::internal_annotation;
use crate::model::IpFamily;
use crate::rule::prelude::*;

rule! {
    /// IPv6 Service behind an internal load balancer that may get no address
    ///
    /// ## Why
    ///
    /// Up to Kubernetes 1.20 the cloud provider refused internal load balancers for IPv6. When that was
    /// lifted is not established, so that later versions may refuse it too. A Service with IPv4 first gets an
    /// internal IPv4 address, and its second family none.
    ///
    /// ## What to do instead
    ///
    /// Try it before relying on it, take the annotation out, or make the Service IPv4.
    ///
    /// ## Not reported
    ///
    /// IPv6 first on Kubernetes up to 1.20, which another rule refuses. Annotations that are not `true`.
    "aks-engine/internal-ipv6-load-balancer-likely",
    enforces: &[&matrix::aks_engine::INTERNAL_LOAD_BALANCER],
    applies_to: &[Kind::Service],
    reads: &[Kind::ApiModel],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    let is_load_balancer = cx.service_type() == "LoadBalancer";
    let Some(annotation) = internal_annotation(service).filter(|_| is_load_balancer) else {
        return Ok(());
    };
    let Some(cluster) = Cluster::of(cx)? else {
        return Ok(());
    };
    let families = cluster.families(cx, service);
    let is_refused = families.first() == Some(&IpFamily::V6) && !cluster.kubernetes.is_at_least(21);
    if is_refused || !families.contains(&IpFamily::V6) {
        return Ok(());
    }
    let message = "an internal load balancer may have no IPv6 on Azure";
    out.push(
        Finding::at(service, annotation, CauseKind::NotSupported, message)
            .because("the Service could stay without an IPv6 address")
            .remedy("try it before relying on it, take the annotation out, or make the Service IPv4"),
    );
    Ok(())
}
