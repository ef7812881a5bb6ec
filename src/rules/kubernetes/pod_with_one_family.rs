use crate::facts::service::resolution::family_of;
use crate::model::Families;
use crate::rule::prelude::*;

rule! {
    /// Running Pod of a dual-stack cluster with one address
    ///
    /// ## Why
    ///
    /// In a dual-stack cluster a running Pod has an address of each family, unless its network knows one
    /// family only. Services of the other family never reach it.
    ///
    /// ## What to do instead
    ///
    /// Use a network plug-in that knows two families, and create the Pod anew after a change to dual stack.
    ///
    /// ## Not reported
    ///
    /// Through the webhook. Clusters not known to be dual-stack. Pods in the network of their host, and Pods
    /// that do not run.
    "kubernetes/pod-with-one-family",
    enforces: &[&matrix::kubernetes::MEMBERS],
    applies_to: &[Kind::Pod],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let pod = cx.subject();
    let status = pod.at_key("status");
    if cx.requester.is_some() || status.at("phase").text() != "Running" {
        return Ok(());
    }
    if pod.spec().at("hostNetwork").as_bool() == Some(true) || cx.cluster_families().len() < 2 {
        return Ok(());
    }
    let addresses = status.at("podIPs");
    let families: Families = addresses.items().filter_map(|entry| family_of(entry.at("ip").text())).collect();
    if families != Families::NONE && !families.is_dual() {
        let message = format!("a Pod of a dual-stack cluster has an {families} address only");
        out.push(
            Finding::at(pod, addresses, CauseKind::Required, message)
                .because("it never serves Services of the other family")
                .remedy("use a network plug-in that knows two families, and create the Pod anew"),
        );
    }
    Ok(())
}
