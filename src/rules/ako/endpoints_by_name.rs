use crate::facts::ako::pool::PoolSource;
use crate::rule::prelude::*;

rule! {
    /// EndpointSlice of names behind AKO
    ///
    /// ## Why
    ///
    /// From 1.13.1 AKO fills pools from EndpointSlices. It takes addresses only: the names of a slice with
    /// `addressType: FQDN` are left out with a line in its log, and a Service that has nothing else gets an empty pool
    /// (observed on 2.1.1).
    ///
    /// ## What to do instead
    ///
    /// Write the addresses that the names stand for.
    ///
    /// ## Not reported
    ///
    /// Slices of Services that AKO does not use, and installations that read Endpoints, nodes or Pods.
    "ako/endpoints-by-name",
    enforces: &[&matrix::ako::FAMILY_SOURCE],
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
    let address_type = slice.at_key("addressType");
    let service = slice.slice_service();
    if address_type.text() != "FQDN" || service.is_empty() || cx.pool_source()? != PoolSource::EndpointSlices
    {
        return Ok(());
    }
    let Some(service) = cx.find(Kind::Service, slice.namespace(), service)? else { return Ok(()) };
    if cx.uses_service(service)?.is_none() {
        return Ok(());
    }
    let message = format!(
        "AKO {} takes addresses only and leaves the names of Service {} out",
        cx.profile.ako.text,
        service.name(),
    );
    out.push(
        Finding::at(slice, address_type, CauseKind::NotSupported, message)
            .because("these endpoints get no traffic, with no more than a line in AKO's log")
            .remedy("write the addresses that the names stand for"),
    );
    Ok(())
}
