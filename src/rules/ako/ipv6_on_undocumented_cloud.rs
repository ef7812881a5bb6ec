use crate::facts::ako::era::CloudSupport;
use crate::facts::ako::handled::Handled;
use crate::facts::ako::l4::ipv6_request;
use crate::facts::service::ServiceFamilies;
use crate::model::IpFamily;
use crate::rule::prelude::*;

rule! {
    /// IPv6 on a cloud that works by code but stands in no document
    ///
    /// ## Why
    ///
    /// From 1.12.1 AKO's code has IPv6 on NSX-T and no-access clouds as well as on vCenter. The vendor's documents
    /// name vCenter only. It works, but nobody promises that it does, and the vendor may not help when it breaks.
    ///
    /// ## What to do instead
    ///
    /// Ask the vendor whether your combination is supported, or serve IPv6 from a vCenter cloud. If you have decided
    /// to rely on it, exempt these objects or turn the rule off.
    ///
    /// ## Not reported
    ///
    /// An empty `ipFamily`, although it means both families on these clouds: nobody asked. Services that AKO leaves
    /// alone, and Services that only prefer dual stack and are IPv4 first. Releases before 1.12.1, where these
    /// clouds have no IPv6 at all: other rules refuse it.
    "ako/ipv6-on-undocumented-cloud",
    enforces: &[&matrix::ako::IPV6_CLOUDS],
    applies_to: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::AviInfraSetting, Kind::Service],
    reads: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::Namespace],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if cx.cloud_support() != Some(CloudSupport::Undocumented) {
        return Ok(());
    }
    let subject = cx.subject();
    let fields: Vec<Node<'_>> = match cx.written() {
        Some(written) => written.ipv6_fields().collect(),
        None => asking_field(cx, subject)?.into_iter().collect(),
    };
    let release = &cx.profile.ako.text;
    let cloud = cx.profile.cloud.as_ref().map_or("this cloud", |cloud| cloud.text.as_str());
    for field in fields {
        out.push(
            Finding::at(
                subject,
                field,
                CauseKind::NotSupported,
                format!("AKO {release} has IPv6 on {cloud} by its code; its documents name vCenter only"),
            )
            .because("it works, but without the vendor's support")
            .remedy("use a vCenter cloud, or exempt this once you have decided to rely on it"),
        );
    }
    Ok(())
}

/// The field of a Service that asks AKO for IPv6.
fn asking_field<'a>(cx: &Context<'a>, service: Object<'a>) -> Result<Option<Node<'a>>, Unknown> {
    if service.kind() != Some(Kind::Service) || service.spec().at("type").text() != "LoadBalancer" {
        return Ok(None);
    }
    let families = ServiceFamilies::of(service, cx.profile);
    if ipv6_request(service, &families).is_none() || cx.handles_service(service)? != Handled::Yes {
        return Ok(None);
    }
    let policy = service.spec().at("ipFamilyPolicy");
    Ok(Some(families.field_of(IpFamily::V6).unwrap_or(policy)))
}
