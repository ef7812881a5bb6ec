use crate::facts::aks_engine::Cluster;
use crate::facts::aks_engine::cluster::internal_annotation;
use crate::model::IpFamily;
use crate::rule::prelude::*;

rule! {
    /// IPv6 Service behind an internal load balancer up to Kubernetes 1.20
    ///
    /// ## Why
    ///
    /// The cloud provider of these Kubernetes versions refuses an internal load balancer for a Service whose
    /// cluster IP is IPv6. The Service is stored and never gets an address.
    ///
    /// ## What to do instead
    ///
    /// Take the annotation out, or make the Service IPv4.
    ///
    /// ## Not reported
    ///
    /// Kubernetes after 1.20, and Services with IPv4 first and IPv6 second: another rule warns about those.
    /// Annotations that are not `true`.
    "aks-engine/internal-ipv6-load-balancer",
    enforces: &[&matrix::aks_engine::INTERNAL_LOAD_BALANCER],
    applies_to: &[Kind::Service],
    reads: &[Kind::ApiModel],
    action: Deny,
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
    if cluster.kubernetes.is_at_least(21) || cluster.families(cx, service).first() != Some(&IpFamily::V6) {
        return Ok(());
    }
    let message =
        format!("Kubernetes {} has no internal load balancer for IPv6 on Azure", cluster.kubernetes);
    out.push(
        Finding::at(service, annotation, CauseKind::NotSupported, message)
            .because("the cloud provider would refuse it, and the Service would never get an address")
            .remedy("take the annotation out, or make the Service IPv4"),
    );
    Ok(())
}
