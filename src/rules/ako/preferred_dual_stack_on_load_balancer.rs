use crate::facts::ako::handled::Handled;
use crate::model::IpFamily;
use crate::rule::prelude::*;

rule! {
    /// Dual stack preferred by a LoadBalancer Service that AKO serves over IPv4 only
    ///
    /// ## Why
    ///
    /// `PreferDualStack` with IPv4 first is a wish. AKO before 1.12.1 cannot fulfil it: it reads the
    /// Endpoints of the Service's first family and has no IPv6 VIP for a Service of type LoadBalancer. Later
    /// releases have both, but not under NodePortLocal and not on OpenShift. The Service works over IPv4; its
    /// IPv6 half never reaches a client, and AKO says nothing.
    ///
    /// ## What to do instead
    ///
    /// Make the Service IPv4 (`ipFamilyPolicy: SingleStack`, `ipFamilies: [IPv4]`), expose it through an
    /// Ingress, whose VIP may be dual, or move to AKO 1.12.1 or later without NodePortLocal.
    ///
    /// ## Not reported
    ///
    /// Services whose first family is IPv6, or that require dual stack: other rules refuse those. Services
    /// that AKO leaves alone: under `layer7Only`, in a namespace it does not look at, or of another load
    /// balancer class.
    "ako/preferred-dual-stack-on-load-balancer",
    enforces: &[&matrix::ako::L4_IPV6_VIP, &matrix::ako::NODE_PORT_LOCAL, &matrix::ako::OPENSHIFT],
    applies_to: &[Kind::Service],
    reads: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::Namespace],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    if service.spec().at("ipFamilyPolicy").text() != "PreferDualStack" {
        return Ok(());
    }
    let families = cx.service_families();
    let second = families.field_of(IpFamily::V6).filter(|_| families.primary() == Some(IpFamily::V4));
    let Some(field) = second else { return Ok(()) };
    if cx.handles_service(service)? != Handled::Yes {
        return Ok(());
    }
    let limit = if !cx.era().has_dual_stack() {
        "gives a LoadBalancer Service IPv4 only"
    } else if cx.config_or(false, Config::is_node_port_local)? {
        "has no IPv6 under NodePortLocal"
    } else if cx.is_openshift()? {
        "has no IPv6 on OpenShift"
    } else {
        return Ok(());
    };
    out.push(
        Finding::at(
            service,
            field,
            CauseKind::NotSupported,
            format!("AKO {} {limit}; the preferred second family is lost", cx.profile.ako.text),
        )
        .because("the Service works over IPv4; nothing reaches it over IPv6, and AKO does not say so")
        .remedy(
            "use ipFamilyPolicy SingleStack with ipFamilies [IPv4], or expose the Service through an Ingress",
        ),
    );
    Ok(())
}
