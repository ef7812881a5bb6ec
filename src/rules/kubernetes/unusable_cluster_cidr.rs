use crate::facts::cluster::component::{CLUSTER_CIDR, Component};
use crate::facts::cluster::range::{RangeFault, without_blanks};
use crate::rule::prelude::*;

rule! {
    /// Cluster ranges that the controller manager refuses
    ///
    /// ## Why
    ///
    /// With `--allocate-node-cidrs=true` kube-controller-manager wants one cluster range, or one of each
    /// family. It ends with an error when there is none, when there are more, when two are of one family, and
    /// when an entry is no range. The list is split at commas; blanks belong to the entries.
    ///
    /// ## What to do instead
    ///
    /// Write one range, or one IPv4 and one IPv6 range with a comma between them.
    ///
    /// ## Not reported
    ///
    /// Ranges that are not read because node ranges are not handed out. kubeadm's podSubnet, of which another
    /// rule speaks. What a second range asks of the gate before 1.23.
    "kubernetes/unusable-cluster-cidr",
    enforces: &[&matrix::kubernetes::CLUSTER_RANGES],
    applies_to: super::CONTROL_PLANE,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(flags) = cx.component(Component::ControllerManager) else {
        return Ok(());
    };
    if !flags.allocates() {
        return Ok(());
    }
    let given = flags.ranges(CLUSTER_CIDR);
    let fault = match &given {
        Some((flag, _)) if flag.implied => None,
        Some((_, ranges)) => ranges.fault(),
        None => Some(RangeFault::Empty),
    };
    let Some(fault) = fault else { return Ok(()) };
    let bare = given.as_ref().and_then(|(flag, _)| Some(flag.with(&without_blanks(flag.value)?)));
    let field = given.map_or(flags.owner, |(flag, _)| flag.node);
    let message = format!("--cluster-cidr of kube-controller-manager {}", fault.explain());
    out.push(
        Finding::at(cx.subject(), field, CauseKind::Invalid, message)
            .because("it would end with an error instead of starting")
            .remedy("write one range, or one IPv4 and one IPv6 range with a comma between them")
            .meant(bare),
    );
    Ok(())
}
