use crate::facts::cluster::component::{Component, GATE};
use crate::facts::cluster::mask::{MOST_BITS, kubeadm_node_mask};
use crate::facts::cluster::range::{Ranges, family};
use crate::rule::prelude::*;

rule! {
    /// Pod subnet that no node mask can divide
    ///
    /// ## Why
    ///
    /// From 1.20 on kubeadm compares podSubnet with the node masks of the controller manager, 24 and 64
    /// unless its extra arguments say otherwise. The mask must be 0 to 16 bits longer than the prefix, for
    /// both families.
    ///
    /// ## What to do instead
    ///
    /// Choose a smaller subnet, or set `node-cidr-mask-size-ipv4` or `-ipv6` in
    /// `controllerManager.extraArgs`. Without kubeadm's gate of dual stack, in 1.20 or switched off, kubeadm
    /// looks at `node-cidr-mask-size`.
    ///
    /// ## Not reported
    ///
    /// Configurations whose extra arguments say `allocate-node-cidrs=false`. Subnets that are malformed, of
    /// which another rule speaks.
    "kubernetes/kubeadm-pod-subnet-beyond-node-mask",
    enforces: &[&matrix::kubernetes::KUBEADM_SIZES, &matrix::kubernetes::NODE_MASK],
    applies_to: &[Kind::ClusterConfiguration],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let minor = cx.kubernetes().minor;
    if minor < 20 {
        return Ok(());
    }
    let gate = cx.subject().at_key("featureGates").at(GATE).as_bool();
    let has_dual_stack = minor >= 23 || gate.unwrap_or(minor >= 21);
    let field = cx.subject().at_key("networking").at("podSubnet");
    let subnets = Ranges::read(field.text());
    let Some(flags) = cx.component(Component::ControllerManager) else {
        return Ok(());
    };
    if subnets.fault().is_some() || !flags.allocates() {
        return Ok(());
    }
    for subnet in subnets.nets() {
        let family = family(&subnet);
        let Some(mask) = kubeadm_node_mask(&flags, family, has_dual_stack) else { continue };
        let prefix = subnet.prefix_len();
        if mask.checked_sub(prefix).is_some_and(|bits| bits <= MOST_BITS) {
            continue;
        }
        let message = format!(
            "the {family} subnet {subnet} needs a node mask 0 to {MOST_BITS} bits longer, and it is {mask}"
        );
        out.push(
            Finding::at(cx.subject(), field, CauseKind::Invalid, message)
                .because("kubeadm would refuse the configuration")
                .remedy("choose another subnet, or set the node mask of its family in controllerManager.extraArgs"),
        );
    }
    Ok(())
}
