use crate::facts::ako::controllers::is_cluster_controller;
use crate::facts::ako::pool::PoolSource;
use crate::model::address::{Address, classify};
use crate::model::{Families, IpFamily};
use crate::rule::prelude::*;

/// Most addresses blamed at once: Endpoints may hold a thousand, and the first few say it all.
const MOST_BLAMED: usize = 16;

rule! {
    /// Hand-written Endpoints with addresses of both families behind AKO
    ///
    /// ## Why
    ///
    /// AKO before 1.12.1 has one family in a pool, the one `ipFamily` names. It takes the addresses of that
    /// family from the Endpoints and drops the others with a line in its log: servers that someone listed get
    /// no traffic.
    ///
    /// ## What to do instead
    ///
    /// List addresses of one family, the one AKO works with.
    ///
    /// ## Not reported
    ///
    /// Endpoints that the cluster's own controllers write: they follow a Service that was judged, and
    /// refusing them would break the cluster. Who asks decides, not a label. Endpoints of Services that AKO
    /// does not use. The pool modes NodePort and NodePortLocal, in which AKO does not read Endpoints.
    /// Addresses that are not ready.
    "ako/mixed-family-pool",
    enforces: &[&matrix::ako::MIXED_FAMILY_POOL],
    applies_to: &[Kind::Endpoints],
    reads: &[
        Kind::ConfigMap,
        Kind::AKOConfig,
        Kind::HelmValues,
        Kind::Namespace,
        Kind::Service,
        Kind::Ingress,
        Kind::IngressClass,
    ],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let endpoints = cx.subject();
    if cx.era().has_dual_stack() || cx.requester.is_some_and(is_cluster_controller) {
        return Ok(());
    }
    let all: Families = addresses(endpoints).map(|(family, _)| family).collect();
    if !all.is_dual() || cx.pool_source()? != PoolSource::Endpoints {
        return Ok(());
    }
    let service = cx.find(Kind::Service, endpoints.namespace(), endpoints.name())?;
    let Some(service) = service else { return Ok(()) };
    if cx.uses_service(service)?.is_none() {
        return Ok(());
    }
    let effective = cx.effective_families()?;
    let release = &cx.profile.ako.text;
    let dropped = addresses(endpoints).filter(|(family, _)| !effective.contains(*family));
    for (family, address) in dropped.take(MOST_BLAMED) {
        out.push(
            Finding::at(
                endpoints,
                address,
                CauseKind::NotSupported,
                format!("AKO {release} has one family in a pool, here {effective}, not {family}"),
            )
            .because("the server gets no traffic, with no more than a line in AKO's log")
            .remedy(format!("list {effective} addresses only")),
        );
    }
    Ok(())
}

/// The addresses AKO reads, with their families as AKO sees them: IPv4-mapped ones count as IPv4 (observed).
fn addresses(endpoints: Object<'_>) -> impl Iterator<Item = (IpFamily, Node<'_>)> {
    let subsets = endpoints.at_key("subsets").items();
    let addresses = subsets.flat_map(|subset| subset.at("addresses").items()).map(|address| address.at("ip"));
    addresses.filter_map(|ip| match classify(ip.text()) {
        Address::V4(_) | Address::Mapped(_) => Some((IpFamily::V4, ip)),
        Address::V6(_) => Some((IpFamily::V6, ip)),
        _ => None,
    })
}
