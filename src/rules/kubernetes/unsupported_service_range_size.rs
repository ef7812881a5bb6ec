use crate::facts::cluster::component::{Component, SERVICE_RANGE, Stage};
use crate::rule::prelude::*;

rule! {
    /// Service range of a size that the API server refuses
    ///
    /// ## Why
    ///
    /// Up to 1.33 kube-apiserver keeps a bit for every address of a Service range and takes no more than 20
    /// host bits: /12 for IPv4 and /108 for IPv6. Every release wants at least 8 addresses in the first range
    /// (k8s.io/kubernetes@v1.36.3:cmd/kube-apiserver/app/options/completion.go, `getServiceIPAndRanges`).
    ///
    /// ## What to do instead
    ///
    /// Choose a range from /12 to /29 for IPv4 and from /108 to /125 for IPv6, or move to 1.34 or later for a
    /// larger one.
    ///
    /// ## Not reported
    ///
    /// A small second range. From 1.34 on large ranges, and from 1.31 on with both gates MultiCIDRServiceAllocator and
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
    let is_on = |name, stage, by_default| flags.has_feature(name, stage, by_default);
    let single_write = if kubernetes.minor < 33 { Stage::Alpha } else { Stage::Beta };
    let unlimited = kubernetes.minor >= 34
        || (kubernetes.minor >= 31
            && is_on("MultiCIDRServiceAllocator", Stage::Beta, kubernetes.minor >= 33)
            && is_on("DisableAllocatorDualWrite", single_write, false));
    for (index, range) in ranges.nets().enumerate() {
        let bits = range.max_prefix_len() - range.prefix_len();
        let why = if bits > MOST && !unlimited {
            format!(
                "the range {range} has {bits} host bits, and Kubernetes {} takes no more than {MOST}",
                kubernetes.text
            )
        } else if bits < FEWEST && index == 0 {
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
