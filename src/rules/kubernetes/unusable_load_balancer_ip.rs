use crate::facts::service::resolution::family_of;
use crate::model::address::meant;
use crate::rule::prelude::*;

rule! {
    /// loadBalancerIP that no load balancer can use
    ///
    /// ## Why
    ///
    /// Kubernetes never looks at `loadBalancerIP`: any text passes, on any type, in any family. What is no
    /// address, is of a family that the Service does not have, or stands on a Service without a load balancer
    /// is silently without effect or makes the cloud's controller fail again and again.
    ///
    /// ## What to do instead
    ///
    /// Write an address of a family that the Service has, on a Service of type LoadBalancer, or leave the
    /// field away.
    ///
    /// ## Not reported
    ///
    /// When AKO is in play: AKO gives these fields a meaning of its own, of which its rules speak. Services
    /// whose families nobody wrote down.
    "kubernetes/unusable-load-balancer-ip",
    enforces: &[&matrix::kubernetes::UNCHECKED_ADDRESSES],
    applies_to: &[Kind::Service],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    only_if_allowed: true,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    let field = service.spec().at("loadBalancerIP");
    if field.text().is_empty() || cx.profile.ako_in_play {
        return Ok(());
    }
    let families = cx.service_families();
    let is_load_balancer = cx.service_type() == "LoadBalancer";
    let why = match family_of(field.text()) {
        _ if !is_load_balancer => "only a LoadBalancer Service has a load balancer address".to_owned(),
        None => format!("{:?} is no plain IP address", field.text()),
        Some(family) if families.known && !families.set().contains(family) => {
            format!("the address is {family}, but the Service is {}", families.set())
        }
        Some(_) => return Ok(()),
    };
    let certain = meant(field.text()).filter(|_| is_load_balancer);
    out.push(
        Finding::at(service, field, CauseKind::Invalid, why)
            .because("it is accepted, and no load balancer ever gets the address")
            .remedy(
                "write an address of a family that the Service has, on type LoadBalancer, or leave it away",
            )
            .meant(certain.map(|address| address.to_string())),
    );
    Ok(())
}
