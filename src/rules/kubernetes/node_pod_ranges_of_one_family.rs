use crate::facts::cluster::range::{family, parse};
use crate::rule::prelude::*;

rule! {
    /// Two Pod ranges of one family on a Node
    ///
    /// ## Why
    ///
    /// A Node has one Pod range, or one of each family. The API server refuses two of one family, and more
    /// than two.
    ///
    /// ## What to do instead
    ///
    /// Keep one range of each family.
    ///
    /// ## Not reported
    ///
    /// `podCIDR` unlike the first of `podCIDRs`, which the API server quietly aligns.
    "kubernetes/node-pod-ranges-of-one-family",
    enforces: &[&matrix::kubernetes::NODE_POD_RANGES],
    applies_to: &[Kind::Node],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let field = cx.subject().spec().at("podCIDRs");
    let families: Vec<_> = field.items().filter_map(|node| Some(family(&parse(node.text())?))).collect();
    let message = match families.as_slice() {
        [first, second] if first == second => format!("both Pod ranges are {first}"),
        [_, _, _, ..] => format!("there are {} Pod ranges, and two are the most", families.len()),
        _ => return Ok(()),
    };
    out.push(
        Finding::at(cx.subject(), field, CauseKind::Invalid, message)
            .because("the API server refuses the Node")
            .remedy("keep one range of each family"),
    );
    Ok(())
}
