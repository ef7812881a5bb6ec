use crate::facts::cluster::component::{Component, SERVICE_RANGE};
use crate::facts::cluster::range::{RangeFault, without_blanks};
use crate::rule::prelude::*;

rule! {
    /// Service ranges that a component refuses
    ///
    /// ## Why
    ///
    /// kube-apiserver wants one Service range, or one of each family, and ends with an error otherwise. The
    /// first decides the cluster's primary family. kube-controller-manager ends when it is given three, or
    /// two of one family; one it cannot read is only logged.
    ///
    /// ## What to do instead
    ///
    /// Give both components the same list: one range, or one of each family, the primary one first.
    ///
    /// ## Not reported
    ///
    /// kubeadm's serviceSubnet, of which another rule speaks. What a second range asks of the gate before
    /// 1.23. Two ranges of one family for a controller manager that hands out no node ranges: it counts them, and reads no
    /// further.
    "kubernetes/unusable-service-range",
    enforces: &[&matrix::kubernetes::SERVICE_RANGES],
    applies_to: super::CONTROL_PLANE,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    for flags in cx.components() {
        let Some((flag, ranges)) = flags.ranges(SERVICE_RANGE) else { continue };
        let fault = match flags.component {
            _ if flag.implied => None,
            Component::ApiServer => ranges.unreadable().or_else(|| ranges.crowd()),
            Component::ControllerManager => {
                // three are too many even where the list is not read otherwise
                ranges.crowd().filter(|fault| flags.allocates() || matches!(fault, RangeFault::TooMany(_)))
            }
            _ => None,
        };
        let Some(fault) = fault else { continue };
        let message = format!("--service-cluster-ip-range of {} {}", flags.component.name(), fault.explain());
        out.push(
            Finding::at(cx.subject(), flag.node, CauseKind::Invalid, message)
                .because("it would end with an error instead of starting")
                .remedy("write one range, or one of each family with a comma between them")
                .meant(without_blanks(flag.value).map(|bare| flag.with(&bare))),
        );
    }
    Ok(())
}
