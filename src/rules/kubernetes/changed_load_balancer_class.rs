use crate::rule::prelude::*;

rule! {
    /// Load balancer class changed on a LoadBalancer Service
    ///
    /// ## Why
    ///
    /// The class of a LoadBalancer Service says who serves it. It is set when the Service gets its type and
    /// cannot be changed, added or removed while it keeps it.
    ///
    /// ## What to do instead
    ///
    /// Create another Service, or change the type to ClusterIP first.
    ///
    /// ## Not reported
    ///
    /// Services that become or stop being of type LoadBalancer.
    "kubernetes/changed-load-balancer-class",
    enforces: &[&matrix::kubernetes::EXTERNAL_ACCESS],
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
    let is_load_balancer = |object: Object<'_>| object.spec().at("type").text() == "LoadBalancer";
    if !is_load_balancer(old) || !is_load_balancer(service) {
        return Ok(());
    }
    let class = service.spec().at("loadBalancerClass");
    let was = old.spec().at("loadBalancerClass").text();
    if class.text() == was {
        return Ok(());
    }
    let message = format!("the class was {was:?} when the Service became a LoadBalancer, and stays so");
    let finding = if class.is_absent() {
        Finding::missing(service, service.spec(), "loadBalancerClass", message)
    } else {
        Finding::at(service, class, CauseKind::Invalid, message)
    };
    out.push(
        finding
            .because("the API server refuses the change")
            .remedy("create another Service, or change the type to ClusterIP first"),
    );
    Ok(())
}
