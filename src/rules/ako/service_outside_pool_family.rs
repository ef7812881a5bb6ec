use crate::facts::ako::pool::can_fill_pool;
use crate::model::Families;
use crate::rule::prelude::*;

rule! {
    /// Service behind an Ingress of a family that AKO leaves out of pools
    ///
    /// ## Why
    ///
    /// The Ingress came first and is refused no longer. With this Service as its backend AKO builds a pool
    /// without a server that works: it fills pools with the families that `ipFamily` allows, and before
    /// 1.13.1 from Endpoints, which hold a Service's first family and no other. The Ingress keeps its address
    /// and answers with an error.
    ///
    /// ## What to do instead
    ///
    /// Give the Service a family AKO works with, first in `ipFamilies`, or change AKO's `ipFamily` and restart
    /// it.
    ///
    /// ## Not reported
    ///
    /// Services that no Ingress of AKO's refers to, Services of type ExternalName, and what a LoadBalancer
    /// Service asks for by itself, which other rules judge.
    "ako/service-outside-pool-family",
    enforces: &[&matrix::ako::FAMILY_SOURCE],
    applies_to: &[Kind::Service],
    reads: &[
        Kind::ConfigMap,
        Kind::AKOConfig,
        Kind::HelmValues,
        Kind::Namespace,
        Kind::Ingress,
        Kind::IngressClass,
    ],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    if !can_fill_pool(service) {
        return Ok(());
    }
    let families = cx.service_families();
    if cx.pool_families(families)? != Families::NONE {
        return Ok(());
    }
    let effective = cx.effective_families()?;
    let Some((_, field)) = families.first_outside(effective) else {
        return Ok(());
    };
    let Some(ingress) = cx.handled_ingress_of(service)? else {
        return Ok(());
    };
    let or_change = if cx.ip_family_counts() { ", or change AKO's ipFamily and restart AKO" } else { "" };
    let message = format!(
        "AKO {} takes {effective} servers only, and this Service, used by Ingress {}, brings {}",
        cx.profile.ako.text,
        ingress.name(),
        cx.offered_families(families)?,
    );
    // a Service that says nothing of families may leave its type out as well
    let finding = if field.is_absent() {
        Finding::missing(service, service.spec(), "type", message)
    } else {
        Finding::at(service, field, CauseKind::NotSupported, message)
    };
    out.push(
        finding
            .because("the Ingress keeps its address, and its pool gets no server that works")
            .remedy(format!("put {effective} first in ipFamilies{or_change}")),
    );
    Ok(())
}
