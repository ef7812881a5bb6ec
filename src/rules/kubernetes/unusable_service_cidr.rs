use crate::facts::cluster::range::{family, is_strict, masked, parse};
use std::borrow::Cow;

use crate::rule::prelude::*;

rule! {
    /// ServiceCIDR that the API server refuses
    ///
    /// ## Why
    ///
    /// A ServiceCIDR holds one range, or one of each family, in canonical form: no bits beyond the prefix, no
    /// leading zeros, no IPv4-mapped address, IPv6 as it is printed. It is fixed, but for a second family that may be added once.
    ///
    /// ## What to do instead
    ///
    /// Write one range of each family, and further ranges in ServiceCIDRs of their own.
    ///
    /// ## Not reported
    ///
    /// Ranges that overlap those of other ServiceCIDRs: that is allowed.
    "kubernetes/unusable-service-cidr",
    enforces: &[&matrix::kubernetes::SERVICE_CIDRS],
    applies_to: &[Kind::ServiceCIDR],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let object = cx.subject();
    let field = object.spec().at("cidrs");
    let texts: Vec<&str> = field.items().map(Node::text).collect();
    let before: Vec<&str> =
        cx.old.map_or(Vec::new(), |old| old.spec().at("cidrs").items().map(Node::text).collect());
    if !texts.starts_with(&before) {
        out.push(report(object, field, "the ranges are fixed, but for a second family that may be added"));
        return Ok(());
    }
    for (index, node) in field.items().enumerate() {
        let canonical = is_strict(node.text())
            && parse(node.text()).is_some_and(|range| range.trunc().to_string() == node.text());
        if !canonical && before.get(index) != Some(&node.text()) {
            // with bits beyond the prefix, either may be mistyped
            let has_no_host_bits = parse(node.text()).is_some_and(|range| range == range.trunc());
            let finding = report(object, node, format!("{:?} is no range in canonical form", node.text()));
            out.push(finding.meant(masked(node.text()).filter(|_| has_no_host_bits)));
        }
    }
    let families: Vec<_> = texts.iter().filter_map(|text| Some(family(&parse(text)?))).collect();
    let one_family = matches!(families.as_slice(), [first, second] if first == second);
    if texts.is_empty() || texts.len() > 2 || one_family {
        out.push(report(object, field, "a ServiceCIDR holds one range, or one of each family"));
    }
    Ok(())
}

fn report(object: Object<'_>, node: Node<'_>, message: impl Into<Cow<'static, str>>) -> Finding {
    Finding::at(object, node, CauseKind::Invalid, message)
        .because("the API server refuses the ServiceCIDR")
        .remedy(
            "write one range of each family in canonical form, further ones in a ServiceCIDR of their own",
        )
}
