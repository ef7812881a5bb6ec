use crate::facts::service::resolution::{family_of, is_headless};
use crate::model::IpFamily;
use crate::model::address::spelt;
use crate::rule::prelude::*;

rule! {
    /// Value of spec.ipFamily that the API server refuses
    ///
    /// ## Why
    ///
    /// From 1.16 to 1.19 `spec.ipFamily` takes IPv4 and IPv6 in exactly that spelling. 1.19 also wants a
    /// family of the cluster, and the family of a given cluster IP.
    ///
    /// ## What to do instead
    ///
    /// Write `IPv4` or `IPv6`, as the cluster has it.
    ///
    /// ## Not reported
    ///
    /// Clusters that are known not to have the gate IPv6DualStack on: the field is dropped there. From 1.20
    /// on the field does not exist, of which another rule speaks.
    "kubernetes/unusable-legacy-ip-family",
    enforces: &[&matrix::kubernetes::LEGACY_FAMILY],
    applies_to: &[Kind::Service],
    reads: &[Kind::ClusterFlags, Kind::ClusterConfiguration],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    let spec = service.spec();
    let field = spec.at("ipFamily");
    let minor = cx.kubernetes().minor;
    if field.is_nothing() || !(16..=19).contains(&minor) || cx.api_server_gate_off() {
        return Ok(());
    }
    let cluster = cx.cluster_families();
    let why = match IpFamily::parse(field.text()) {
        None => format!("{:?} is no IP family", field.text()),
        Some(_) if minor < 19 || is_headless(service) => return Ok(()),
        Some(family) if !cluster.is_empty() && !cluster.contains(&family) => {
            format!("the cluster has no {family} Service addresses")
        }
        Some(family) if family_of(spec.at("clusterIP").text()).is_some_and(|of_ip| of_ip != family) => {
            format!("the cluster IP is not {family}")
        }
        Some(_) => return Ok(()),
    };
    out.push(
        Finding::at(service, field, CauseKind::Invalid, why)
            .because("the API server refuses the Service")
            .remedy("write IPv4 or IPv6, a family of the cluster and of the cluster IP")
            .meant(spelt(field.text(), &["IPv4", "IPv6"])),
    );
    Ok(())
}
