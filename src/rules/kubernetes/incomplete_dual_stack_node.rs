use crate::facts::cluster::range::{family, parse};
use crate::facts::service::resolution::family_of;
use crate::model::Families;
use crate::rule::prelude::*;

rule! {
    /// Node of a dual-stack cluster with one family
    ///
    /// ## Why
    ///
    /// In a dual-stack cluster every Node has a Pod range and an internal address of each family. One that
    /// does not runs Pods with one address, and backs Services of one family.
    ///
    /// ## What to do instead
    ///
    /// Give the Node both addresses (`--node-ip`, or the cloud's node addresses), and check that the
    /// controller manager hands out ranges of both families.
    ///
    /// ## Not reported
    ///
    /// Through the webhook. Clusters not known to be dual-stack. Nodes without any Pod range: something else
    /// hands out addresses there. Nodes without a status.
    "kubernetes/incomplete-dual-stack-node",
    enforces: &[&matrix::kubernetes::MEMBERS],
    applies_to: &[Kind::Node],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let node = cx.subject();
    if cx.requester.is_some() || cx.cluster_families().len() < 2 {
        return Ok(());
    }
    let ranges = node.spec().at("podCIDRs");
    let of_ranges: Families = ranges.items().filter_map(|item| Some(family(&parse(item.text())?))).collect();
    report(node, ranges, of_ranges, "Pod ranges", out);
    let addresses = node.at_key("status").at("addresses");
    let internal = addresses.items().filter(|entry| entry.at("type").text() == "InternalIP");
    let of_addresses: Families = internal.filter_map(|entry| family_of(entry.at("address").text())).collect();
    report(node, addresses, of_addresses, "internal addresses", out);
    Ok(())
}

fn report(node: Object<'_>, field: Node<'_>, has: Families, what: &str, out: &mut Findings) {
    if has == Families::NONE || has.is_dual() {
        return;
    }
    out.push(
        Finding::at(
            node,
            field,
            CauseKind::Required,
            format!("a Node of a dual-stack cluster has {has} {what} only"),
        )
        .because("its Pods get one address, and Services of the other family no endpoints there")
        .remedy("give the Node addresses and Pod ranges of both families"),
    );
}
