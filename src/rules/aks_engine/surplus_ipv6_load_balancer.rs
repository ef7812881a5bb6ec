use std::cell::Cell;

use crate::facts::aks_engine::Cluster;
use crate::facts::aks_engine::cluster::internal_annotation;
use crate::model::IpFamily;
use crate::rule::prelude::*;

rule! {
    /// IPv6 LoadBalancer Service beyond the frontends of the load balancer
    ///
    /// ## Why
    ///
    /// Each IPv6 Service of type LoadBalancer takes an IPv6 frontend of the cluster's load balancer. A Basic
    /// one has one, a Standard one 600. Services beyond that get no address.
    ///
    /// ## What to do instead
    ///
    /// Use a Standard load balancer, or expose fewer Services: one Ingress controller can stand for many.
    ///
    /// ## Not reported
    ///
    /// Services behind an internal load balancer, which is another one. Clusters without a model among the
    /// inputs. The first Services by namespace and name, for which there are frontends.
    "aks-engine/surplus-ipv6-load-balancer",
    enforces: &[&matrix::aks_engine::LOAD_BALANCER],
    applies_to: &[Kind::Service],
    reads: &[Kind::ApiModel, Kind::Service],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    if cx.service_type() != "LoadBalancer" || internal_annotation(service).is_some() {
        return Ok(());
    }
    let Some((cluster, model)) = Cluster::of(cx)?.and_then(|c| c.model.map(|model| (c, model))) else {
        return Ok(());
    };
    let takes_frontend = |service| cluster.families(cx, service).first() == Some(&IpFamily::V6);
    if !takes_frontend(service) {
        return Ok(());
    }
    let limit = model.max_ipv6_frontends();
    let own = (service.namespace(), service.name());
    // where the budget ends the count, the Service gets the benefit of the doubt
    let cut_short = Cell::new(false);
    let before = cx.load_balancers(&cut_short).filter(|other| {
        (other.namespace(), other.name()) < own
            && internal_annotation(*other).is_none()
            && takes_frontend(*other)
    });
    if before.take(limit).count() < limit {
        return Ok(());
    }
    let sku = model.load_balancer_sku();
    let frontends =
        if limit == 1 { "one IPv6 frontend".to_owned() } else { format!("{limit} IPv6 frontends") };
    let message = format!("the {sku} load balancer has {frontends}, and earlier Services leave none");
    out.push(
        Finding::at(service, service.spec().at("type"), CauseKind::TooMany, message)
            .because("the Service would get no IPv6 address")
            .remedy("use a Standard load balancer, or expose fewer Services"),
    );
    Ok(())
}
