use crate::rule::prelude::*;

rule! {
    /// Headless Service of a type that needs an address
    ///
    /// ## Why
    ///
    /// A Service of type NodePort or LoadBalancer forwards to its cluster IP. The API server refuses one with
    /// the cluster IP `None`, which an update that leaves the field out keeps.
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
    if cx.cluster_ips().first() == Some(&"None") {
        let list = spec.at("clusterIPs").items().next();
        let written = list.unwrap_or_else(|| spec.at("clusterIP"));
        let message = format!("a Service of type {kind} cannot be headless");
        // an update that leaves it out keeps it
        let (finding, remedy) = if written.text().is_empty() {
            let finding = Finding::missing(service, spec, "clusterIP", message);
            (finding, "use type ClusterIP, or delete the Service and create it anew")
        } else {
            let finding = Finding::at(service, written, CauseKind::Invalid, message);
            (finding, "leave the cluster IP away, or use type ClusterIP")
        };
        out.push(finding.because("the API server refuses the Service").remedy(remedy));
    }
    Ok(())
}
