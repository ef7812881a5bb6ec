use crate::rule::prelude::*;

rule! {
    /// Field of external access on a Service that has none
    ///
    /// ## Why
    ///
    /// `externalTrafficPolicy` belongs to Services that are reached from outside, and `loadBalancerClass` to
    /// those of type LoadBalancer. The API server refuses them elsewhere.
    ///
    /// ## What to do instead
    ///
    /// Remove the field, or use the type it belongs to.
    ///
    /// ## Not reported
    ///
    /// An update that leaves the type and keeps the field: the API server drops it by itself.
    /// `externalTrafficPolicy` on a Service with external IPs.
    "kubernetes/misplaced-external-field",
    enforces: &[&matrix::kubernetes::EXTERNAL_ACCESS],
    applies_to: &[Kind::Service],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    let spec = service.spec();
    let kind = cx.service_type();
    let external =
        ["LoadBalancer", "NodePort"].contains(&kind) || spec.at("externalIPs").items().next().is_some();
    let fields = [("externalTrafficPolicy", external), ("loadBalancerClass", kind == "LoadBalancer")];
    for (key, fits) in fields {
        let field = spec.at(key);
        let before = cx.old.map(|old| old.spec().at(key));
        let dropped = before.is_some_and(|before| before.same_as(field));
        if fits || field.text().is_empty() || dropped {
            continue;
        }
        let kind = if kind.is_empty() { "ClusterIP" } else { kind };
        out.push(
            Finding::at(service, field, CauseKind::Invalid, format!("a Service of type {kind} has no {key}"))
                .because("the API server refuses the Service")
                .remedy(format!("remove {key}, or use type LoadBalancer")),
        );
    }
    Ok(())
}
