use crate::facts::ako::pool::{can_fill_pool, lacks_families_for_good};
use crate::model::IpFamily;
use crate::model::address::{Address, classify};
use crate::rule::prelude::*;

rule! {
    /// Service stored without ipFamilies behind AKO
    ///
    /// ## Why
    ///
    /// From 1.12.1 AKO reads the families of a Service from `ipFamilies`. Where they are missing, 1.12.x dies of the
    /// question, later releases do in NodePort and NodePortLocal mode; elsewhere these take the Service for IPv4 and
    /// leave its IPv6 endpoints out. API servers before 1.20 store Services without `ipFamilies`.
    ///
    /// ## What to do instead
    ///
    /// Write `ipFamilies` as the cluster IPs say.
    ///
    /// ## Not reported
    ///
    /// Services without cluster IPs, which the API server has yet to fill in, and new ones. Services of type ExternalName:
    /// another rule judges what uses them. Services that AKO does not use, and IPv4 ones where AKO survives.
    "ako/service-without-ip-families",
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
    let is_new = cx.operation == Operation::Create && cx.requester.is_some();
    if is_new || !cx.era().has_dual_stack() || !can_fill_pool(service) || !lacks_families_for_good(service) {
        return Ok(());
    }
    let is_fatal = cx.takes_families_for_granted()?;
    let address = service.spec().at("clusterIPs").items().next().unwrap_or(service.spec());
    let family = match classify(address.text()) {
        Address::V6(_) => IpFamily::V6,
        _ => IpFamily::V4,
    };
    if !is_fatal && family == IpFamily::V4 || cx.uses_service(service)?.is_none() {
        return Ok(());
    }
    let message = format!("AKO {} takes the families of a Service from ipFamilies", cx.profile.ako.text);
    out.push(
        Finding::missing(service, service.spec(), "ipFamilies", message)
            .because(if is_fatal {
                "AKO dies when it fills the pool, at every restart, and serves nobody"
            } else {
                "AKO takes the Service for IPv4 and leaves its IPv6 endpoints out of the pool"
            })
            .remedy(format!("write ipFamilies: [{family}]")),
    );
    Ok(())
}
