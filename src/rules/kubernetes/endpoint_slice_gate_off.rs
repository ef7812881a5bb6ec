use crate::facts::cluster::component::{CLUSTER_CIDR, Component, SERVICE_RANGE};
use crate::rule::prelude::*;

rule! {
    /// Gate EndpointSlice switched off beside a second range
    ///
    /// ## Why
    ///
    /// Kubernetes 1.20 refuses a second cluster or Service range while the gate EndpointSlice, which is on by
    /// default, is switched off.
    ///
    /// ## What to do instead
    ///
    /// Leave the gate EndpointSlice on.
    ///
    /// ## Not reported
    ///
    /// Other releases: before 1.20 and from 1.21 on the gate does not matter to dual stack.
    "kubernetes/endpoint-slice-gate-off",
    enforces: &[&matrix::kubernetes::ENDPOINT_SLICE_GATE],
    applies_to: super::CONTROL_PLANE,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if cx.kubernetes().minor != 20 {
        return Ok(());
    }
    for flags in cx.components() {
        let range = match flags.component {
            Component::ApiServer => SERVICE_RANGE,
            Component::ControllerManager if flags.allocates() => CLUSTER_CIDR,
            _ => continue,
        };
        let given = [range, SERVICE_RANGE].into_iter().filter_map(|name| flags.ranges(name));
        let several = given.into_iter().any(|(_, ranges)| ranges.is_several());
        let off = flags.gate("EndpointSlice").filter(|gate| gate.on == Some(false));
        if let Some(gate) = off.filter(|_| several) {
            let message = format!(
                "{} 1.20 refuses a second range while the gate EndpointSlice is off",
                flags.component.name()
            );
            out.push(
                Finding::at(cx.subject(), gate.node, CauseKind::Forbidden, message)
                    .because("it would end with an error instead of starting")
                    .remedy("remove EndpointSlice=false"),
            );
        }
    }
    Ok(())
}
