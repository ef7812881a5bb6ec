use crate::facts::cluster::component::GATE;
use crate::rule::prelude::*;

rule! {
    /// Setting of the gate IPv6DualStack that the release refuses
    ///
    /// ## Why
    ///
    /// In 1.23 and 1.24 the gate is locked on and `false` is an error. From 1.25 on no component knows it,
    /// kubeadm from 1.24 on, and before 1.16 none does; whatever is given a gate it does not know ends at once.
    ///
    /// ## What to do instead
    ///
    /// Remove the gate.
    ///
    /// ## Not reported
    ///
    /// Releases from 1.16 to 1.22, where the gate may be set either way.
    "kubernetes/unaccepted-dual-stack-gate",
    enforces: &[&matrix::kubernetes::GATE, &matrix::kubernetes::KUBEADM_GATE],
    applies_to: &[
        Kind::ClusterConfiguration,
        Kind::ClusterFlags,
        Kind::InitConfiguration,
        Kind::JoinConfiguration,
        Kind::KubeProxyConfiguration,
        Kind::KubeletConfiguration,
        Kind::Pod,
    ],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let kubernetes = cx.kubernetes();
    let object = cx.subject();
    let own = object.at_key("featureGates").at(GATE);
    let is_kubeadm = object.kind() == Some(Kind::ClusterConfiguration);
    if is_kubeadm {
        if !own.is_absent() && (!(16..24).contains(&kubernetes.minor) || own.as_bool().is_none()) {
            report(object, own, "kubeadm", kubernetes.text, out);
        }
    } else if object.kind() == Some(Kind::KubeletConfiguration)
        && !own.is_absent()
        && is_refused(own.as_bool(), kubernetes.minor)
    {
        report(object, own, "kubelet", kubernetes.text, out);
    }
    for flags in cx.components() {
        let gate = flags.gate(GATE).filter(|gate| is_refused(gate.on, kubernetes.minor));
        // kubeadm's own gate is judged above
        if let Some(gate) = gate.filter(|gate| !is_kubeadm || gate.node.id() != own.id()) {
            report(object, gate.node, flags.component.name(), kubernetes.text, out);
        }
    }
    Ok(())
}

fn is_refused(on: Option<bool>, minor: u32) -> bool {
    match on {
        None => true,
        Some(on) => !(16..25).contains(&minor) || (minor >= 23 && !on),
    }
}

fn report(object: Object<'_>, field: Node<'_>, who: &str, release: &str, out: &mut Findings) {
    let message = format!("{who} {release} does not accept this setting of the gate IPv6DualStack");
    out.push(
        Finding::at(object, field, CauseKind::NotSupported, message)
            .because("it would end with an error instead of starting")
            .remedy("remove the gate; dual stack is always on from 1.23 on"),
    );
}
