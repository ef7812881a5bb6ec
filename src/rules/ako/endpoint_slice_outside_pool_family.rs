use crate::facts::ako::controllers::is_cluster_controller;
use crate::facts::ako::pool::PoolSource;
use crate::model::IpFamily;
use crate::rule::prelude::*;

/// Values of the label by which the cluster's own controllers mark their slices.
const MANAGERS: [&str; 2] = ["endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io"];

rule! {
    /// Hand-made EndpointSlice of a family that AKO leaves out of pools
    ///
    /// ## Why
    ///
    /// From 1.13.1 AKO fills pools from EndpointSlices, with the families that `ipFamily` allows. The
    /// addresses of a slice of another family are left out with a line in AKO's log.
    ///
    /// ## What to do instead
    ///
    /// Write a slice of a family AKO works with, or change AKO's `ipFamily` and restart it.
    ///
    /// ## Not reported
    ///
    /// Slices that the cluster's own controllers write or that their label claims, slices of Services that
    /// AKO does not use, and installations of AKO that read Endpoints or, in NodePort mode, nodes.
    "ako/endpoint-slice-outside-pool-family",
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
    let Some(family) = IpFamily::parse(address_type.text()) else {
        return Ok(());
    };
    // anyone can set the label, but nothing is refused here
    let manager = slice.label("endpointslice.kubernetes.io/managed-by").text();
    if MANAGERS.contains(&manager) || cx.requester.is_some_and(is_cluster_controller) {
        return Ok(());
    }
    let service = slice.slice_service();
    if service.is_empty() || cx.pool_source()? != PoolSource::EndpointSlices {
        return Ok(());
    }
    let effective = cx.effective_families()?;
    if effective.contains(family) {
        return Ok(());
    }
    let Some(service) = cx.find(Kind::Service, slice.namespace(), service)? else {
        return Ok(());
    };
    if cx.uses_service(service)?.is_none() {
        return Ok(());
    }
    let or_change = if cx.ip_family_counts() { ", or change AKO's ipFamily and restart AKO" } else { "" };
    let message = format!(
        "AKO {} takes {effective} servers only and leaves the {family} endpoints of Service {} out",
        cx.profile.ako.text,
        service.name(),
    );
    out.push(
        Finding::at(slice, address_type, CauseKind::NotSupported, message)
            .because("these endpoints get no traffic, with no more than a line in AKO's log")
            .remedy(format!("write an {effective} slice{or_change}")),
    );
    Ok(())
}
