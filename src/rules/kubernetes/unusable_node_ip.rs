use crate::facts::cluster::component::Component;
use crate::facts::cluster::node_ip::{entries, fault};
use crate::rule::prelude::*;

rule! {
    /// Node addresses that the kubelet refuses
    ///
    /// ## Why
    ///
    /// `--node-ip` takes one address, or two of different families. A pair must not hold an unspecified
    /// address, `0.0.0.0` or `::`. What is no address is logged and passed over.
    ///
    /// ## What to do instead
    ///
    /// Write one address, or one of each family with a comma between them.
    ///
    /// ## Not reported
    ///
    /// A single unspecified address, which only chooses the family. Lists in releases that do
    /// not know any, of which another rule speaks.
    "kubernetes/unusable-node-ip",
    enforces: &[&matrix::kubernetes::NODE_IP],
    applies_to: super::KUBELET,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(flags) = cx.component(Component::Kubelet) else {
        return Ok(());
    };
    let Some(flag) = flags.get("node-ip") else {
        return Ok(());
    };
    let is_unknown_list = cx.kubernetes().minor < 20 && entries(flag.value).count() > 1;
    let Some(fault) = fault(flag.value).filter(|_| !is_unknown_list) else {
        return Ok(());
    };
    let message = format!("--node-ip of the kubelet {}", fault.explain());
    out.push(
        Finding::at(cx.subject(), flag.node, CauseKind::Invalid, message)
            .because(fault.consequence())
            .remedy("write one address, or one of each family with a comma between them"),
    );
    Ok(())
}
