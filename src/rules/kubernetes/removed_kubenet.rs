use crate::facts::cluster::component::Component;
use crate::rule::prelude::*;

rule! {
    /// kubenet in a release that has none
    ///
    /// ## Why
    ///
    /// Kubernetes 1.24 removed dockershim and kubenet with it, and the kubelet's flag `--network-plugin`. A
    /// kubelet given a flag it does not know ends with an error.
    ///
    /// ## What to do instead
    ///
    /// Remove the flag and install a CNI plug-in.
    ///
    /// ## Not reported
    ///
    /// Releases before 1.24.
    "kubernetes/removed-kubenet",
    enforces: &[&matrix::kubernetes::KUBENET],
    applies_to: super::KUBELET,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let kubernetes = cx.kubernetes();
    if kubernetes.minor < 24 {
        return Ok(());
    }
    let plugin = cx.component(Component::Kubelet).and_then(|flags| flags.get("network-plugin"));
    if let Some(flag) = plugin.filter(|plugin| plugin.value == "kubenet") {
        let message = format!("kubelet {} has no kubenet", kubernetes.text);
        out.push(
            Finding::at(cx.subject(), flag.node, CauseKind::NotSupported, message)
                .because("the kubelet would end with an error instead of starting")
                .remedy("remove --network-plugin and install a CNI plug-in"),
        );
    }
    Ok(())
}
