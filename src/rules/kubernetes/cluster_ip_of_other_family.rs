use crate::facts::service::resolution::{cluster_ip_fields, family_of};
use crate::model::IpFamily;
use crate::rule::prelude::*;

rule! {
    /// Cluster IP that contradicts the family in its place
    ///
    /// ## Why
    ///
    /// The addresses in `clusterIPs` stand in the order of `ipFamilies`. Neither ever changes for the first
    /// of them, so that a Service cannot swap its families: the addresses it has would contradict the list.
    ///
    /// ## What to do instead
    ///
    /// Leave `clusterIPs` to the API server, or put families and addresses in the same order. To change the
    /// primary family, delete the Service and create it anew.
    ///
    /// ## Not reported
    ///
    /// Headless Services, which have no addresses.
    "kubernetes/cluster-ip-of-other-family",
    enforces: &[&matrix::kubernetes::CLUSTER_IPS, &matrix::kubernetes::SERVICE_FAMILIES],
    applies_to: &[Kind::Service],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    let spec = service.spec();
    if cx.kubernetes().minor < 20 || cx.is_external_name() {
        return Ok(());
    }
    let families = spec.at("ipFamilies");
    let written = || cluster_ip_fields(service);
    for (index, (address, family)) in cx.cluster_ips().iter().zip(families.items()).enumerate() {
        let (is, wanted) = (family_of(address), IpFamily::parse(family.text()));
        let (Some(is), Some(wanted)) = (is, wanted) else { continue };
        if is == wanted {
            continue;
        }
        let finding = if let Some(node) = written().nth(index).filter(|node| !node.is_nothing()) {
            let message = format!("the cluster IP is {is}, but the family in its place is {wanted}");
            Finding::at(service, node, CauseKind::Invalid, message)
        } else {
            let message = format!(
                "the Service keeps the cluster IP {address}, but the family in its place is {wanted}"
            );
            Finding::missing(service, spec, "clusterIPs", message)
        };
        out.push(finding.because("the API server refuses the Service").remedy(
            "put families in the order of the addresses; for another primary family create the Service anew",
        ));
        // the Service states none, and keeps those it has
        if written().all(Node::is_nothing) {
            break;
        }
    }
    Ok(())
}
