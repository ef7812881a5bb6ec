use crate::facts::cluster::component::{CLUSTER_CIDR, Component};
use crate::facts::cluster::mask::{Fit, fit, node_mask};
use crate::facts::cluster::range::family;
use crate::model::IpFamily;
use crate::rule::prelude::*;

rule! {
    /// Cluster range that no node mask can divide
    ///
    /// ## Why
    ///
    /// Each Node gets a piece of every cluster range, as large as the node mask says. A piece must fit into
    /// the range, and an IPv6 range may hold no more than 16 bits of pieces. The IPv6 mask is 64 by default,
    /// so that the range must lie between /48 and /64; Kubernetes 1.16 has a single mask, 24 by default, for
    /// both families.
    ///
    /// ## What to do instead
    ///
    /// Choose a smaller range, or a node mask at most 16 bits longer than the prefix (`--node-cidr-mask-size-
    /// ipv6`).
    ///
    /// ## Not reported
    ///
    /// IPv4 ranges larger than their mask: there is no limit. Ranges that are not read. kubeadm's podSubnet,
    /// of which another rule speaks.
    "kubernetes/cluster-cidr-beyond-node-mask",
    enforces: &[&matrix::kubernetes::NODE_MASK],
    applies_to: super::CONTROL_PLANE,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let minor = cx.kubernetes().minor;
    let Some(flags) = cx.component(Component::ControllerManager) else {
        return Ok(());
    };
    let Some((flag, ranges)) = flags.ranges(CLUSTER_CIDR) else {
        return Ok(());
    };
    if !flags.allocates() || flag.implied || ranges.fault().is_some() {
        return Ok(());
    }
    for range in ranges.nets() {
        let family = family(&range);
        let Some(mask) = node_mask(&flags, family, ranges.is_several(), minor) else { continue };
        let why = match fit(range, mask) {
            Fit::RangeTooSmall => "a Node's piece is larger than the whole range",
            Fit::RangeTooLarge => "more than 16 bits of pieces cannot be kept",
            Fit::Fits | Fit::OneNode => continue,
        };
        let message = format!("the {family} range {range} does not go with the node mask {mask}: {why}");
        out.push(
            Finding::at(cx.subject(), flag.node, CauseKind::Invalid, message)
                .because("kube-controller-manager would end with an error instead of starting")
                .remedy(format!("choose a range or a node mask with {}", advice(family))),
        );
    }
    Ok(())
}

fn advice(family: IpFamily) -> &'static str {
    match family {
        IpFamily::V4 => "a mask no shorter than the prefix of the range",
        IpFamily::V6 => "a mask 0 to 16 bits longer than the prefix of the range",
    }
}
