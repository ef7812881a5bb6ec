use crate::facts::ako::handled::Handled;
use crate::facts::ako::pool::PoolSource;
use crate::model::{Families, IpFamily};
use crate::rule::prelude::*;

rule! {
    /// IPv4 LoadBalancer Service where AKO fills pools with IPv6 only
    ///
    /// ## Why
    ///
    /// Before 1.12.1 `ipFamily: V6` leaves every IPv4 server out of the pools, those of LoadBalancer Services too, and
    /// Endpoints hold the Service's first family only. A Service whose first family is IPv4 gets a VIP and an empty pool; in
    /// NodePort mode it gets IPv6 addresses of nodes, on which its node ports are not open. IPv6 ones are not supported
    /// before 1.12.1 either, so that under `V6` no LoadBalancer Service works.
    ///
    /// ## What to do instead
    ///
    /// Expose the Service through an Ingress with an IPv6 back end, leave `ipFamily` at `V4`, or move to AKO 1.12.1 or
    /// later.
    ///
    /// ## Not reported
    ///
    /// Releases from 1.12.1 on, and Services whose first family is IPv6: other rules cover them. Dual-stack Services in
    /// NodePort mode, where their second family answers. NodePortLocal mode. Services that AKO leaves alone, or takes in spite of their class.
    "ako/ipv4-load-balancer-outside-ipv6-pools",
    enforces: &[&matrix::ako::FAMILY_SOURCE],
    applies_to: &[Kind::Service],
    reads: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::Namespace],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    if cx.era().has_dual_stack() || cx.handles_service(service)? != Handled::Yes {
        return Ok(());
    }
    let families = cx.service_families();
    let is_ipv4 = families.primary() == Some(IpFamily::V4);
    // what Antrea annotates Pods with decides in NodePortLocal mode
    if !is_ipv4
        || cx.pool_source()? == PoolSource::PodAnnotations
        || cx.pool_families(families)? != Families::NONE
    {
        return Ok(());
    }
    let Some((family, field)) = families.first_outside(cx.effective_families()?) else { return Ok(()) };
    let message =
        format!("AKO {} takes IPv6 servers only, and this Service brings {family}", cx.profile.ako.text);
    out.push(
        Finding::at(service, field, CauseKind::NotSupported, message)
            .because("the Service gets a VIP, and its pool no server that works")
            .remedy("leave ipFamily at V4, or expose an IPv6 Service through an Ingress"),
    );
    Ok(())
}
