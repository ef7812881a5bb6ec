use crate::facts::cluster::component::{CLUSTER_CIDR, Component};
use crate::facts::cluster::range::{family, parse};
use crate::model::IpFamily;
use crate::rule::prelude::*;

rule! {
    /// Node port addresses of one family under two cluster ranges
    ///
    /// ## Why
    ///
    /// `nodePortAddresses` limits the addresses on which node ports answer. With ranges of one family alone
    /// there are no node ports for the other family; from 1.29 on kube-proxy says so in its log and goes on.
    ///
    /// ## What to do instead
    ///
    /// Add a range of the other family, or write `primary` where that is meant.
    ///
    /// ## Not reported
    ///
    /// kube-proxy with one cluster range, and releases before 1.29.
    "kubernetes/node-port-addresses-of-one-family",
    enforces: &[&matrix::kubernetes::NODE_PORT_ADDRESSES],
    applies_to: super::PROXY,
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if cx.kubernetes().minor < 29 {
        return Ok(());
    }
    let Some(flags) = cx.component(Component::Proxy) else {
        return Ok(());
    };
    let is_dual = flags.ranges(CLUSTER_CIDR).is_some_and(|(_, ranges)| ranges.is_dual());
    let Some(flag) = flags.get("nodeport-addresses").filter(|_| is_dual) else {
        return Ok(());
    };
    let values = flag.values();
    let families: Vec<IpFamily> = values.iter().filter_map(|text| Some(family(&parse(text)?))).collect();
    let all_read = families.len() == values.len();
    if let (true, [first, rest @ ..]) = (all_read, families.as_slice())
        && rest.iter().all(|family| family == first)
    {
        out.push(
            Finding::at(
                cx.subject(),
                flag.node,
                CauseKind::Invalid,
                format!("kube-proxy opens node ports on {first} addresses only"),
            )
            .because("node ports of the other family would not answer, with a line in kube-proxy's log")
            .remedy("add a range of the other family"),
        );
    }
    Ok(())
}
