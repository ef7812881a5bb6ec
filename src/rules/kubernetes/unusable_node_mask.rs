use crate::facts::cluster::component::{Component, generic, per_family};
use crate::model::IpFamily;
use crate::rule::prelude::*;

rule! {
    /// Node mask that is no length
    ///
    /// ## Why
    ///
    /// The controller manager reads its node masks as numbers when it starts. With anything else it ends at once, and without
    /// it no Node gets a range for its Pods.
    ///
    /// ## What to do instead
    ///
    /// Write the length of the range that each Node shall get, such as 24 for IPv4 and 64 for IPv6.
    ///
    /// ## Not reported
    ///
    /// Lengths that do not fit the cluster range: another rule compares them.
    "kubernetes/unusable-node-mask",
    enforces: &[&matrix::kubernetes::NODE_MASK],
    applies_to: &[Kind::ClusterFlags, Kind::ClusterConfiguration, Kind::Pod],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(flags) = cx.component(Component::ControllerManager) else {
        return Ok(());
    };
    let names = [generic(), per_family(IpFamily::V4), per_family(IpFamily::V6)];
    for (name, flag) in names.into_iter().filter_map(|name| Some((name, flags.get(name)?))) {
        if flag.value.parse::<u8>().is_ok_and(|length| length <= 128) {
            continue;
        }
        let message = format!("--{name} is no length between 0 and 128");
        out.push(
            Finding::at(cx.subject(), flag.node, CauseKind::Invalid, message)
                .because("the controller manager would end at once")
                .remedy("write a length, such as 24 for IPv4 and 64 for IPv6"),
        );
    }
    Ok(())
}
