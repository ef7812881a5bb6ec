use crate::facts::cluster::component::Component;
use crate::rule::prelude::*;
use std::net::IpAddr;

rule! {
    /// Node addresses that the kubelet refuses
    ///
    /// ## Why
    ///
    /// `--node-ip` takes one address, or two of different families. A pair must not hold an unspecified
    /// address, `0.0.0.0` or `::`.
    ///
    /// ## What to do instead
    ///
    /// Write one address, or one of each family with a comma between them.
    ///
    /// ## Not reported
    ///
    /// A single unspecified address, which only chooses the family. Pairs that the release does not know, of
    /// which another rule speaks.
    "kubernetes/unusable-node-ip",
    enforces: &[&matrix::kubernetes::NODE_IP],
    applies_to: super::KUBELET,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(flags) = cx.component(Component::Kubelet) else {
        return Ok(());
    };
    let Some(flag) = flags.get("node-ip").filter(|flag| !flag.value.is_empty()) else {
        return Ok(());
    };
    let texts: Vec<&str> = flag.value.split(',').map(str::trim).collect();
    let addresses: Vec<IpAddr> = texts.iter().filter_map(|text| text.parse().ok()).collect();
    let why = match addresses.as_slice() {
        _ if addresses.len() < texts.len() => "holds what is no address",
        [first, second] if first.is_unspecified() || second.is_unspecified() => {
            "pairs an unspecified address with another"
        }
        [first, second] if first.is_ipv4() == second.is_ipv4() => "holds two addresses of one family",
        [_, _, _, ..] => "holds more than two addresses",
        _ => return Ok(()),
    };
    out.push(
        Finding::at(cx.subject(), flag.node, CauseKind::Invalid, format!("--node-ip of the kubelet {why}"))
            .because("the kubelet would end with an error instead of starting")
            .remedy("write one address, or one of each family with a comma between them"),
    );
    Ok(())
}
