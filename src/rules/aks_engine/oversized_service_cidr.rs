use crate::facts::aks_engine::Model;
use crate::rule::prelude::*;

rule! {
    /// Service range larger than the API server takes
    ///
    /// ## Why
    ///
    /// The API server of these Kubernetes versions takes Service ranges of at most 20 bits: IPv4 from /12 on,
    /// IPv6 from /108 on. With a larger one it does not start. AKS Engine does not check it.
    ///
    /// ## What to do instead
    ///
    /// Make the IPv6 range a /108 or smaller and the IPv4 range a /12 or smaller.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`.
    "aks-engine/oversized-service-cidr",
    enforces: &[&matrix::aks_engine::SERVICE_CIDR_SIZE],
    applies_to: &[Kind::ApiModel],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(model) = Model::dual_stack(cx.subject(), cx.profile) else {
        return Ok(());
    };
    let ranges = model.service_ranges();
    let Some(range) = ranges.0.iter().find(|range| range.host_bits().is_some_and(|bits| bits > 20)) else {
        return Ok(());
    };
    let message = format!("the Service range {} is larger than the 20 bits the API server takes", range.text);
    out.push(
        model
            .service_field()
            .finding(cx.subject(), CauseKind::Invalid, message)
            .because("AKS Engine would build the cluster, and its API server would not start")
            .remedy("use an IPv6 range of /108 or smaller, and an IPv4 range of /12 or smaller"),
    );
    Ok(())
}
