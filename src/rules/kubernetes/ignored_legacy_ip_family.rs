use crate::model::IpFamily;
use crate::rule::prelude::*;

rule! {
    /// Wish in spec.ipFamily that the API server does not honour
    ///
    /// ## Why
    ///
    /// Without the gate IPv6DualStack the API server drops `spec.ipFamily`. From 1.16 to 1.18 it also gives a
    /// Service that wants IPv6 the primary range where there is no second, IPv6 one, and a Service that wants
    /// IPv4 an IPv6 address where the first range is IPv6.
    ///
    /// ## What to do instead
    ///
    /// Give every component the gate, and the API server ranges of both families, IPv4 first.
    ///
    /// ## Not reported
    ///
    /// Clusters of which neither flags nor ranges are known. 1.19, which refuses what it cannot do.
    "kubernetes/ignored-legacy-ip-family",
    enforces: &[&matrix::kubernetes::LEGACY_FAMILY],
    applies_to: &[Kind::Service],
    reads: &[Kind::ClusterFlags, Kind::ClusterConfiguration],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    let field = service.spec().at("ipFamily");
    let minor = cx.kubernetes().minor;
    if field.text().is_empty() || !(16..=19).contains(&minor) || cx.is_external_name() {
        return Ok(());
    }
    let cluster = cx.cluster_families();
    let wanted = IpFamily::parse(field.text());
    let gets = cluster.first().copied();
    let why = if cx.api_server_gate_off() {
        "the API server drops ipFamily without the gate IPv6DualStack".to_owned()
    } else if let (Some(wanted), Some(primary), true) = (wanted, gets, minor < 19)
        && wanted != primary
        && (primary == IpFamily::V6 || !cluster.contains(&wanted))
    {
        format!("the Service wants {wanted} and silently gets {primary}")
    } else {
        return Ok(());
    };
    out.push(
        Finding::at(service, field, CauseKind::NotSupported, why)
            .because("clients of the wanted family cannot reach the Service")
            .remedy("switch the gate IPv6DualStack on and give the API server ranges of both families, IPv4 first"),
    );
    Ok(())
}
