use crate::facts::cluster::component::{Component, Stage};
use crate::facts::cluster::node_ip::{entries, fault};
use crate::rule::prelude::*;

rule! {
    /// Two node addresses that the kubelet does not take here
    ///
    /// ## Why
    ///
    /// Two addresses in `--node-ip` work from 1.20 on, until 1.22 with the gate IPv6DualStack; before that
    /// the kubelet silently ignores the flag. Beside `--cloud-provider` they never work until 1.26, and later
    /// only with the provider `external`, in 1.27 and 1.28 with the gate CloudDualStackNodeIPs.
    ///
    /// ## What to do instead
    ///
    /// Write one address, leave `--cloud-provider` away, or move to a release that takes both.
    ///
    /// ## Not reported
    ///
    /// From 1.20 on pairs that are malformed, of which another rule speaks.
    "kubernetes/unsupported-dual-node-ip",
    enforces: &[&matrix::kubernetes::NODE_IP, &matrix::kubernetes::NODE_IP_CLOUD],
    applies_to: super::KUBELET,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let kubernetes = cx.kubernetes();
    let Some(flags) = cx.component(Component::Kubelet) else {
        return Ok(());
    };
    let Some(flag) = flags.get("node-ip").filter(|flag| entries(flag.value).count() > 1) else {
        return Ok(());
    };
    let minor = kubernetes.minor;
    if minor >= 20 && fault(flag.value).is_some() {
        return Ok(());
    }
    let cloud = flags.get("cloud-provider").map_or("", |flag| flag.value);
    let cloud_gate = |stage, by_default| flags.has_feature("CloudDualStackNodeIPs", stage, by_default);
    let with_external = match minor {
        0..=26 => false,
        27 | 28 => cloud_gate(Stage::Alpha, false),
        29 => cloud_gate(Stage::Beta, true),
        _ => true,
    };
    let with_cloud = cloud.is_empty() || (cloud == "external" && with_external);
    let (why, consequence) = if minor < 20 {
        ("takes one address in --node-ip", "the kubelet would silently ignore the flag")
    } else if minor < 23 && !flags.has_dual_stack(minor) {
        ("takes two addresses in --node-ip only with the gate IPv6DualStack", "the kubelet would not start")
    } else if !with_cloud {
        (
            "does not take two addresses in --node-ip beside this --cloud-provider",
            "the kubelet would not start",
        )
    } else {
        return Ok(());
    };
    out.push(
        Finding::at(
            cx.subject(),
            flag.node,
            CauseKind::NotSupported,
            format!("kubelet {} {why}", kubernetes.text),
        )
        .because(consequence)
        .remedy("write one address, or use a release and a cloud provider that take two"),
    );
    Ok(())
}
