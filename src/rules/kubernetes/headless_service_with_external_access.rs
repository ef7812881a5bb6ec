use crate::rule::prelude::*;

rule! {
    /// Headless Service of a type that needs an address
    ///
    /// ## Why
    ///
    /// A Service of type NodePort or LoadBalancer forwards to its cluster IP. The API server refuses one with
    /// the cluster IP `None`.
    ///
    /// ## What to do instead
    ///
    /// Leave the cluster IP away, or use the type ClusterIP.
    ///
    /// ## Not reported
    ///
    /// Headless Services of type ClusterIP.
    "kubernetes/headless-service-with-external-access",
    enforces: &[&matrix::kubernetes::CLUSTER_IPS],
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
    if !["LoadBalancer", "NodePort"].contains(&kind) {
        return Ok(());
    }
    let list = spec.at("clusterIPs").items().next();
    let node = list.unwrap_or_else(|| spec.at("clusterIP"));
    if node.text() == "None" {
        out.push(
            Finding::at(
                service,
                node,
                CauseKind::Invalid,
                format!("a Service of type {kind} cannot be headless"),
            )
            .because("the API server refuses the Service")
            .remedy("leave the cluster IP away, or use type ClusterIP"),
        );
    }
    Ok(())
}
