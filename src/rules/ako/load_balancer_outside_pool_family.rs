use crate::facts::ako::handled::Handled;
use crate::model::Families;
use crate::rule::prelude::*;

rule! {
    /// LoadBalancer Service without a family that AKO puts into pools
    ///
    /// ## Why
    ///
    /// From 1.12.1 AKO takes the servers of a pool from the families of the Service, as far as `ipFamily`
    /// allows them. On a cloud without IPv6 it ignores `ipFamily` and allows IPv4 only. A Service with none
    /// of the allowed families gets a virtual service with a VIP and an empty pool; a line in AKO's log is
    /// all there is to see.
    ///
    /// ## What to do instead
    ///
    /// Give the Service a family AKO works with, or change AKO's `ipFamily` and restart it.
    ///
    /// ## Not reported
    ///
    /// Releases before 1.12.1, which do not look at the Service's families: other rules cover them. Services
    /// that AKO leaves alone, and dual-stack Services of which one family fits: another rule warns about
    /// those.
    "ako/load-balancer-outside-pool-family",
    enforces: &[&matrix::ako::FAMILY_SOURCE],
    applies_to: &[Kind::Service],
    reads: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::Namespace],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    if !cx.era().has_dual_stack() || cx.handles_service(service)? != Handled::Yes {
        return Ok(());
    }
    let families = cx.service_families();
    let effective = cx.effective_families()?;
    if families.within(effective) != Families::NONE {
        return Ok(());
    }
    let Some((family, field)) = families.first_outside(effective) else {
        return Ok(());
    };
    let is = if families.known { "this Service is" } else { "a Service without ipFamilies is taken to be" };
    let or_change = if cx.ip_family_counts() { ", or change AKO's ipFamily and restart AKO" } else { "" };
    let release = &cx.profile.ako.text;
    out.push(
        Finding::at(
            service,
            field,
            CauseKind::NotSupported,
            format!("AKO {release} takes {effective} servers only, and {is} {family}"),
        )
        .because("the Service gets a VIP and an empty pool, with no more than a line in AKO's log")
        .remedy(format!("give the Service the family {effective}{or_change}")),
    );
    Ok(())
}
