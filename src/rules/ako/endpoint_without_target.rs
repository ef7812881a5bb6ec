use crate::facts::ako::pool::PoolSource;
use crate::rule::prelude::*;

rule! {
    /// EndpointSlice with an endpoint that refers to no Pod, in NodePortLocal mode
    ///
    /// ## Why
    ///
    /// In NodePortLocal mode AKO looks for the Pod behind each endpoint of a slice and takes `targetRef` for granted.
    /// Where it is missing AKO dies, and again after every restart (observed on 2.1.1). Controllers always write it; hand-made
    /// slices often have none.
    ///
    /// ## What to do instead
    ///
    /// Write `targetRef` with the Pod, or give the Service no selector, so that AKO does not look at its endpoints.
    ///
    /// ## Not reported
    ///
    /// Slices of Services that select no Pods or that AKO does not use. Other pool modes, and releases that read Endpoints.
    "ako/endpoint-without-target",
    enforces: &[&matrix::ako::SERVICE_TYPES],
    applies_to: &[Kind::EndpointSlice],
    reads: &[
        Kind::ConfigMap,
        Kind::AKOConfig,
        Kind::HelmValues,
        Kind::Namespace,
        Kind::Service,
        Kind::Ingress,
        Kind::IngressClass,
    ],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let slice = cx.subject();
    let mut endpoints = slice.at_key("endpoints").items();
    let Some(endpoint) = endpoints.find(|endpoint| endpoint.at("targetRef").is_nothing()) else {
        return Ok(());
    };
    let name = slice.slice_service();
    if name.is_empty() || !cx.reads_slices()? || cx.pool_source()? != PoolSource::PodAnnotations {
        return Ok(());
    }
    let Some(service) = cx.find(Kind::Service, slice.namespace(), name)? else { return Ok(()) };
    let selects = service.spec().at("selector").children().next().is_some();
    if !selects || cx.uses_service(service)?.is_none() {
        return Ok(());
    }
    let message = format!("AKO {} takes a Pod behind each endpoint for granted here", cx.profile.ako.text);
    out.push(
        Finding::missing(slice, endpoint, "targetRef", message)
            .because("AKO dies when it fills the pool, at every restart, and serves nobody")
            .remedy("write targetRef with the Pod, or take the selector out of the Service"),
    );
    Ok(())
}
