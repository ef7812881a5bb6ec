use crate::rule::prelude::*;

rule! {
    /// Network plug-in of one family in a dual-stack cluster
    ///
    /// ## Why
    ///
    /// Dual stack needs a network plug-in that gives Pods two addresses. Weave Net, kube-router and the
    /// Amazon VPC CNI give them one, whatever the ranges of the cluster are.
    ///
    /// ## What to do instead
    ///
    /// Use a plug-in that supports dual stack, such as Calico, Cilium or Antrea.
    ///
    /// ## Not reported
    ///
    /// Clusters not known to be dual-stack, and plug-ins that can do both.
    "kubernetes/single-stack-network-plugin",
    enforces: &[&matrix::kubernetes::NETWORK_PLUGIN],
    applies_to: &[Kind::Pod],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

/// Images, by the end of their repository, of plug-ins that know one family.
const PLUGINS: [(&str, &str); 3] =
    [("amazon-k8s-cni", "Amazon VPC CNI"), ("kube-router", "kube-router"), ("weave-kube", "Weave Net")];

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let pod = cx.subject();
    if cx.requester.is_some() || cx.cluster_families().len() < 2 {
        return Ok(());
    }
    for container in pod.spec().at("containers").items() {
        let image = container.at("image");
        let name = image.text().rsplit('/').next().unwrap_or_default();
        let name = name.split([':', '@']).next().unwrap_or_default();
        if let Some((_, plugin)) = PLUGINS.iter().find(|(image, _)| *image == name) {
            out.push(
                Finding::at(
                    pod,
                    image,
                    CauseKind::NotSupported,
                    format!("the network plug-in {plugin} knows one family"),
                )
                .because("its Pods get one address in a dual-stack cluster")
                .remedy("use a network plug-in that supports dual stack"),
            );
        }
    }
    Ok(())
}
