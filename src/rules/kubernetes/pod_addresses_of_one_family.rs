use crate::facts::service::resolution::family_of;
use crate::rule::prelude::*;

rule! {
    /// Two addresses of one family on a Pod
    ///
    /// ## Why
    ///
    /// A Pod has at most one address of each family, and so has its host in the Pod's status. The API server
    /// refuses more.
    ///
    /// ## What to do instead
    ///
    /// Keep one address of each family.
    ///
    /// ## Not reported
    ///
    /// Pods without a status.
    "kubernetes/pod-addresses-of-one-family",
    enforces: &[&matrix::kubernetes::POD_ADDRESSES],
    applies_to: &[Kind::Pod],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let status = cx.subject().at_key("status");
    for field in ["podIPs", "hostIPs"].map(|key| status.at(key)) {
        let families: Vec<_> = field.items().filter_map(|entry| family_of(entry.at("ip").text())).collect();
        let message = match families.as_slice() {
            [first, second] if first == second => format!("both addresses in {} are {first}", field.key()),
            [_, _, _, ..] => format!("{} holds {} addresses", field.key(), families.len()),
            _ => continue,
        };
        out.push(
            Finding::at(cx.subject(), field, CauseKind::Invalid, message)
                .because("the API server refuses the status")
                .remedy("keep one address of each family"),
        );
    }
    Ok(())
}
