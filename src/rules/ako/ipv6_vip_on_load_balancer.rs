use crate::facts::ako::handled::Handled;
use crate::facts::ako::l4::{Ipv6Request, ipv6_request};
use crate::model::IpFamily;
use crate::rule::prelude::*;

rule! {
    /// IPv6 VIP requested by a LoadBalancer Service
    ///
    /// ## Why
    ///
    /// AKO before 1.12.1 cannot give a Service of type LoadBalancer an IPv6 VIP. It does not say so: it creates a
    /// virtual service with an IPv4 or unusable VIP and a pool without servers.
    ///
    /// ## What to do instead
    ///
    /// Make the Service IPv4 (`ipFamilies: [IPv4]`), expose it through an Ingress, whose VIP may be IPv6, or move to
    /// AKO 1.12.1 or later.
    ///
    /// ## Not reported
    ///
    /// Services that AKO leaves alone: under `layer7Only`, or in a namespace it does not look at. A Service that only
    /// prefers dual stack and is IPv4 first is warned about by another rule, and so is one of another load balancer
    /// class.
    "ako/ipv6-vip-on-load-balancer",
    enforces: &[&matrix::ako::L4_IPV6_VIP],
    applies_to: &[Kind::Service],
    reads: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::Namespace],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    if cx.era().has_dual_stack() || cx.handles_service(service)? != Handled::Yes {
        return Ok(());
    }
    let families = cx.service_families();
    let Some(request) = ipv6_request(service, families) else {
        return Ok(());
    };
    let release = &cx.profile.ako.text;
    let message = match request {
        Ipv6Request::Primary => format!("AKO {release} cannot give a LoadBalancer Service an IPv6 VIP"),
        Ipv6Request::RequireDualStack => {
            format!(
                "AKO {release} cannot give a LoadBalancer Service the IPv6 VIP that RequireDualStack demands"
            )
        }
        Ipv6Request::Listed => format!("AKO {release} cannot give a LoadBalancer Service a second, IPv6 VIP"),
    };
    let policy = service.spec().at("ipFamilyPolicy");
    let field = families.field_of(IpFamily::V6).unwrap_or(policy);
    out.push(
        Finding::at(service, field, CauseKind::NotSupported, message)
            .because("AKO would create a virtual service whose pool stays empty, without an event or a status")
            .remedy("use ipFamilies [IPv4], expose the Service through an Ingress, or move to AKO 1.12.1 or later"),
    );
    Ok(())
}
