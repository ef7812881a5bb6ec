use crate::facts::cluster::component::{Component, SERVICE_RANGE};
use crate::rule::prelude::*;

rule! {
    /// Service range of a size that the API server refuses
    ///
    /// ## Why
    ///
    /// Up to 1.33 kube-apiserver keeps a bit for every address of a Service range and takes no more than 20
    /// host bits: /12 for IPv4 and /108 for IPv6. Every release wants at least 8 addresses.
    ///
    /// ## What to do instead
    ///
    /// Choose a range from /12 to /29 for IPv4 and from /108 to /125 for IPv6, or move to 1.34 or later for a
    /// larger one.
    ///
    /// ## Not reported
    ///
    /// From 1.34 on large ranges, and from 1.31 on with both gates MultiCIDRServiceAllocator and
    /// DisableAllocatorDualWrite. The controller manager's list, which has no limits. kubeadm's
    /// serviceSubnet, of which another rule speaks.
    "kubernetes/unsupported-service-range-size",
    enforces: &[&matrix::kubernetes::SERVICE_RANGE_SIZE],
    applies_to: super::CONTROL_PLANE,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

/// Most host bits of a range.
const MOST: u8 = 20;
/// Fewest host bits: 8 addresses.
const FEWEST: u8 = 3;

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let kubernetes = cx.kubernetes();
    let Some(flags) = cx.component(Component::ApiServer) else {
        return Ok(());
    };
    let Some((flag, ranges)) = flags.ranges(SERVICE_RANGE).filter(|(flag, _)| !flag.implied) else {
        return Ok(());
    };
    let on = |name: &str| flags.gate(name).map(|gate| gate.on == Some(true));
    let new_allocator = on("MultiCIDRServiceAllocator").unwrap_or(kubernetes.minor >= 33);
    let unlimited = kubernetes.minor >= 34
        || (kubernetes.minor >= 31 && new_allocator && on("DisableAllocatorDualWrite") == Some(true));
    for range in ranges.nets() {
        let bits = range.max_prefix_len() - range.prefix_len();
        let why = if bits > MOST && !unlimited {
            format!(
                "the range {range} has {bits} host bits, and Kubernetes {} takes no more than {MOST}",
                kubernetes.text
            )
        } else if bits < FEWEST {
            format!("the range {range} has fewer than 8 addresses")
        } else {
            continue;
        };
        out.push(
            Finding::at(cx.subject(), flag.node, CauseKind::Invalid, why)
                .because("kube-apiserver would end with an error instead of starting")
                .remedy("choose a range from /12 to /29 for IPv4, from /108 to /125 for IPv6"),
        );
    }
    Ok(())
}
