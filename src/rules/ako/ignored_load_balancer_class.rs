use crate::facts::ako::handled::Handled;
use crate::facts::ako::l4::{PreferredAddress, ipv6_request_field};
use crate::rule::prelude::*;

rule! {
    /// IPv6 LoadBalancer Service of another class that AKO takes all the same
    ///
    /// ## Why
    ///
    /// AKO before 1.12.1 does not look at `spec.loadBalancerClass`. It programs a virtual service for every
    /// Service of type LoadBalancer it sees, also for one that another load balancer owns. If that Service
    /// asks for IPv6, or the VIP network has a `v6cidr`, what AKO programs beside the other load balancer is
    /// broken.
    ///
    /// ## What to do instead
    ///
    /// Keep AKO away from the Service: put it into a namespace AKO does not look at, set `layer7Only`, or
    /// move to AKO 1.12.1 or later, which leaves other classes alone.
    ///
    /// ## Not reported
    ///
    /// Services without a class or of AKO's own: other rules refuse them. Services of another class that ask
    /// for nothing but IPv4 on an IPv4 network.
    "ako/ignored-load-balancer-class",
    enforces: &[&matrix::ako::LOAD_BALANCER_CLASS],
    applies_to: &[Kind::Service],
    reads: &[
        Kind::ConfigMap,
        Kind::AKOConfig,
        Kind::HelmValues,
        Kind::Namespace,
        Kind::L4Rule,
        Kind::AviInfraSetting,
    ],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    if cx.era().has_dual_stack() || cx.handles_service(service)? != Handled::DespiteClass {
        return Ok(());
    }
    let Some(field) = blamed_field(cx, service)? else {
        return Ok(());
    };
    let class = service.spec().at("loadBalancerClass").text();
    let message = format!(
        "AKO {} ignores the class {class} and takes the Service too, with IPv6 it cannot serve",
        cx.profile.ako.text,
    );
    out.push(
        Finding::at(service, field, CauseKind::NotSupported, message)
            .because("AKO would program a broken virtual service beside the load balancer of that class")
            .remedy("put the Service into a namespace AKO does not look at, or move to AKO 1.12.1 or later"),
    );
    Ok(())
}

/// The field that would be refused if the Service were AKO's; `None` when none would.
fn blamed_field<'a>(cx: &Context<'a>, service: Object<'a>) -> Result<Option<Node<'a>>, Unknown> {
    let families = cx.service_families();
    if let Some(field) = ipv6_request_field(service, families) {
        return Ok(Some(field));
    }
    if let Some(address) = cx.preferred_address(service)?.filter(PreferredAddress::is_ipv6) {
        return Ok(Some(address.field));
    }
    let network = cx.vip_network(service)?;
    Ok(network.families.v6.then(|| network.blamed_field(service)))
}
