use crate::facts::ako::handled::Handled;
use crate::facts::ako::pool::PoolSource;
use crate::facts::service::resolution::is_external_name;
use crate::rule::prelude::*;

rule! {
    /// ExternalName Service behind an Ingress that kills AKO
    ///
    /// ## Why
    ///
    /// A Service of type ExternalName has no `ipFamilies`. From 1.12.1 AKO takes the first of them for granted in NodePort
    /// mode, and 1.12.x in ClusterIP mode as well: it dies when it fills the pool, and again after every restart. One
    /// Ingress stops the load balancer for everybody.
    ///
    /// ## What to do instead
    ///
    /// Point the path at a Service that has cluster IPs, or take the path out of the Ingress before its Service becomes an
    /// ExternalName.
    ///
    /// ## Not reported
    ///
    /// Pool modes and releases that survive it: releases before 1.12.1, ClusterIP mode from 1.13.1, NodePortLocal.
    /// Ingresses that AKO leaves alone. `spec.defaultBackend`, which AKO never reads.
    "ako/external-name-backend",
    enforces: &[&matrix::ako::FAMILY_SOURCE],
    applies_to: &[Kind::Ingress, Kind::Service],
    reads: &[
        Kind::ConfigMap,
        Kind::AKOConfig,
        Kind::HelmValues,
        Kind::Namespace,
        Kind::IngressClass,
        Kind::Ingress,
        Kind::Service,
    ],
    action: Deny,
    since: "0.1.0",
    check: check,
}

const DIES: &str = "AKO dies when it fills the pool, at every restart, and serves nobody";

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let subject = cx.subject();
    let is_service = subject.kind() == Some(Kind::Service);
    if !cx.era().has_dual_stack() || is_service && !is_external_name(subject) {
        return Ok(());
    }
    // no Pod stands behind such a Service, and without one AKO does not get that far in NodePortLocal mode
    if !cx.takes_families_for_granted()? || cx.pool_source()? == PoolSource::PodAnnotations {
        return Ok(());
    }
    let release = &cx.profile.ako.text;
    if is_service {
        let Some(ingress) = cx.handled_ingress_of(subject)? else { return Ok(()) };
        let message =
            format!("AKO {release} does not survive this Service behind Ingress {}", ingress.name());
        out.push(
            Finding::at(subject, subject.spec().at("type"), CauseKind::Forbidden, message)
                .because(DIES)
                .remedy("take it out of the Ingress first, or give it a type with cluster IPs"),
        );
        return Ok(());
    }
    if cx.handles_ingress(subject)? != Handled::Yes {
        return Ok(());
    }
    for name in subject.backends() {
        let found = cx.find(Kind::Service, subject.namespace(), name.text())?;
        if found.is_some_and(is_external_name) {
            let message = format!("AKO {release} does not survive a backend of type ExternalName");
            out.push(
                Finding::at(subject, name, CauseKind::Forbidden, message)
                    .because(DIES)
                    .remedy("use a Service that has cluster IPs"),
            );
        }
    }
    Ok(())
}
