use crate::model::address::{Address, classify};
use crate::rule::prelude::*;

/// Most endpoints named at once: the first few say it all.
const MOST_NAMED: usize = 16;

rule! {
    /// IPv6 endpoint of a ServiceImport
    ///
    /// ## Why
    ///
    /// AKO fills the pools of a MultiClusterIngress from ServiceImports. Up to 1.11.5 it labels each server
    /// as IPv4 or IPv6. From 1.12.1 on it sends an IPv6 server without a label, and what the Avi Controller
    /// makes of it is not known.
    ///
    /// ## What to do instead
    ///
    /// Import IPv4 endpoints, or try it out on your Controller and exempt what works.
    ///
    /// ## Not reported
    ///
    /// Releases before 1.12.1, which label the servers.
    "ako/ipv6-service-import-endpoint",
    enforces: &[&matrix::ako::MULTI_CLUSTER_INGRESS],
    applies_to: &[Kind::ServiceImport],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if !cx.era().has_dual_stack() {
        return Ok(());
    }
    let import = cx.subject();
    let ports = import.spec().at("svcPorts").items();
    let addresses = ports.flat_map(|port| port.at("endpoints").items()).map(|endpoint| endpoint.at("ip"));
    let ipv6 = addresses.filter(|ip| matches!(classify(ip.text()), Address::V6(_)));
    let release = &cx.profile.ako.text;
    for ip in ipv6.take(MOST_NAMED) {
        out.push(
            Finding::at(
                import,
                ip,
                CauseKind::NotSupported,
                format!("AKO {release} sends IPv6 servers of a MultiClusterIngress without their family"),
            )
            .because("the Avi Controller may refuse the server or read it as IPv4")
            .remedy("import IPv4 endpoints"),
        );
    }
    Ok(())
}
