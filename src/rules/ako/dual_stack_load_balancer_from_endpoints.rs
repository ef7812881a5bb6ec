use crate::facts::ako::handled::Handled;
use crate::facts::ako::pool::PoolSource;
use crate::rule::prelude::*;

rule! {
    /// Dual-stack LoadBalancer Service whose pool is filled from Endpoints
    ///
    /// ## Why
    ///
    /// AKO 1.12.x, and 1.13.x with `enableEndpointSlice` off, fill pools from Endpoints. Kubernetes writes
    /// only the first family of a Service there. The servers of the second family never reach the pool,
    /// although `ipFamily` allows both.
    ///
    /// ## What to do instead
    ///
    /// Move to AKO 1.13.1 or later with EndpointSlices, make the Service single-stack, or expect servers of
    /// the first family only.
    ///
    /// ## Not reported
    ///
    /// The pool modes NodePort and NodePortLocal, in which AKO does not read Endpoints. Services that AKO
    /// leaves alone. Releases before 1.12.1, which never put two families into a pool: other rules cover
    /// them.
    "ako/dual-stack-load-balancer-from-endpoints",
    enforces: &[&matrix::ako::MIXED_FAMILY_POOL],
    applies_to: &[Kind::Service],
    reads: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::Namespace],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    if !cx.era().has_dual_stack() {
        return Ok(());
    }
    let families = cx.service_families();
    let first = families.primary().into_iter().collect();
    let Some((second, field)) = families.first_outside(first) else {
        return Ok(());
    };
    if cx.handles_service(service)? != Handled::Yes || cx.pool_source()? != PoolSource::Endpoints {
        return Ok(());
    }
    let release = &cx.profile.ako.text;
    out.push(
        Finding::at(
            service,
            field,
            CauseKind::NotSupported,
            format!("AKO {release} reads Endpoints here, which carry a Service's first family only"),
        )
        .because(format!("no {second} server reaches the pool"))
        .remedy("use AKO 1.13.1 or later with EndpointSlices, or make the Service single-stack"),
    );
    Ok(())
}
