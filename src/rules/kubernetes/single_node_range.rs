use crate::facts::cluster::component::{CLUSTER_CIDR, Component};
use crate::facts::cluster::mask::{Fit, fit, node_mask};
use crate::model::IpFamily;
use crate::rule::prelude::*;

rule! {
    /// IPv6 cluster range that is used up by one Node
    ///
    /// ## Why
    ///
    /// An IPv6 cluster range as long as the node mask holds a single piece. The controller manager starts,
    /// the first Node gets the piece, and every other Node stays without an IPv6 range.
    ///
    /// ## What to do instead
    ///
    /// Choose a larger range, up to 16 bits above the node mask.
    ///
    /// ## Not reported
    ///
    /// Ranges that are not read, and ranges that the controller manager refuses. kubeadm's podSubnet to 1.19: kubeadm
    /// sets a mask to go with it there (K@1.19.16:cmd/kubeadm/app/phases/controlplane/manifests.go, `calcNodeCidrSize`).
    "kubernetes/single-node-range",
    enforces: &[&matrix::kubernetes::NODE_MASK],
    applies_to: super::CONTROL_PLANE,
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(flags) = cx.component(Component::ControllerManager) else {
        return Ok(());
    };
    let Some((flag, ranges)) = flags.ranges(CLUSTER_CIDR) else {
        return Ok(());
    };
    // to 1.19 kubeadm works out a mask that leaves room for more
    let by_kubeadm = flag.implied && cx.kubernetes().minor < 20;
    if !flags.allocates() || ranges.fault().is_some() || by_kubeadm {
        return Ok(());
    }
    let Some(range) = ranges.of(IpFamily::V6) else { return Ok(()) };
    let Some(mask) = node_mask(&flags, IpFamily::V6, ranges.is_several(), cx.kubernetes().minor) else {
        return Ok(());
    };
    if fit(range, mask) == Fit::OneNode {
        let message = format!("the IPv6 range {range} holds one piece of the node mask {mask}");
        out.push(
            Finding::at(cx.subject(), flag.node, CauseKind::Invalid, message)
                .because("the second Node would get no IPv6 range")
                .remedy("choose a larger IPv6 range, up to 16 bits above the node mask"),
        );
    }
    Ok(())
}
