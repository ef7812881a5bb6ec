use crate::facts::ako::handled::Handled;
use crate::facts::ako::l4::{PreferredAddress, ipv6_request_field};
use crate::rule::prelude::*;

rule! {
    /// IPv6 LoadBalancer Service under NodePortLocal
    ///
    /// ## Why
    ///
    /// AKO from 1.12.1 can give a Service of type LoadBalancer an IPv6 VIP, but no release supports IPv6 with
    /// the pool mode NodePortLocal. AKO does not refuse it: it fills the pool with what the Pods' annotations
    /// hold for the family, which may be nothing, and in 1.12.x the last address under the wrong family.
    ///
    /// ## What to do instead
    ///
    /// Make the Service IPv4 (`ipFamilies: [IPv4]`) and let it prefer an IPv4 address or none, or run AKO
    /// with serviceType ClusterIP or NodePort.
    ///
    /// ## Not reported
    ///
    /// Services that only prefer dual stack and are IPv4 first: another rule warns about those. Services that
    /// AKO leaves alone. Releases before 1.12.1, where no LoadBalancer Service may ask for IPv6 in any pool
    /// mode.
    "ako/ipv6-load-balancer-with-node-port-local",
    enforces: &[&matrix::ako::NODE_PORT_LOCAL],
    applies_to: &[Kind::Service],
    reads: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::Namespace, Kind::L4Rule],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    if !cx.era().has_dual_stack() || cx.handles_service(service)? != Handled::Yes {
        return Ok(());
    }
    if !cx.config_or(false, Config::is_node_port_local)? {
        return Ok(());
    }
    let message = format!("AKO {} does not support IPv6 with NodePortLocal", cx.profile.ako.text);
    let mut refuse = |field| {
        out.push(
            Finding::at(service, field, CauseKind::NotSupported, message.clone())
                .because(
                    "AKO would fill the pool with whatever the Pods' annotations hold, or leave it empty",
                )
                .remedy("use ipFamilies [IPv4] and an IPv4 address or none, or another serviceType for AKO"),
        );
    };
    let families = cx.service_families();
    if let Some(field) = ipv6_request_field(service, families) {
        refuse(field);
    }
    if let Some(address) = cx.preferred_address(service)?.filter(PreferredAddress::is_ipv6) {
        refuse(address.field);
    }
    Ok(())
}
