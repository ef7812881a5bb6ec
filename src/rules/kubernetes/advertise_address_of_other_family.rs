use crate::facts::cluster::component::{Component, SERVICE_RANGE};
use crate::facts::service::resolution::family_of;
use crate::rule::prelude::*;
use std::net::IpAddr;

rule! {
    /// API server advertised in another family than its first Service range
    ///
    /// ## Why
    ///
    /// kube-apiserver publishes itself behind the Service default/kubernetes, whose address is of the first
    /// Service range's family. From 1.29 on it refuses an `--advertise-address` of the other family.
    ///
    /// ## What to do instead
    ///
    /// Put the range of the address's family first, advertise an address of the first range's family, or
    /// switch the endpoint reconciler off (`--endpoint-reconciler-type=none`).
    ///
    /// ## Not reported
    ///
    /// API servers without `--advertise-address`, or with `0.0.0.0` or `::`, for which they take an address of the host, and releases before 1.29.
    "kubernetes/advertise-address-of-other-family",
    enforces: &[&matrix::kubernetes::ADVERTISE_ADDRESS],
    applies_to: super::CONTROL_PLANE,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if cx.kubernetes().minor < 29 {
        return Ok(());
    }
    let Some(flags) = cx.component(Component::ApiServer) else {
        return Ok(());
    };
    if flags.get("endpoint-reconciler-type").is_some_and(|flag| flag.value == "none") {
        return Ok(());
    }
    let Some(address) = flags.get("advertise-address") else { return Ok(()) };
    let Some((range, ranges)) = flags.ranges(SERVICE_RANGE) else { return Ok(()) };
    // of an unspecified address the server makes one of the host's
    let is_unspecified = address.value.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified());
    let of_address = family_of(address.value).filter(|_| !is_unspecified);
    let families = (of_address, ranges.families().first().copied());
    let (Some(advertised), Some(primary)) = families else { return Ok(()) };
    if advertised == primary {
        return Ok(());
    }
    let message =
        format!("the API server is advertised in {advertised}, but its first Service range is {primary}");
    for flag in [address, range] {
        out.push(
            Finding::at(cx.subject(), flag.node, CauseKind::Invalid, message.clone())
                .because("kube-apiserver would end with an error instead of starting")
                .remedy(format!("put the {advertised} range first, or advertise an {primary} address")),
        );
    }
    Ok(())
}
