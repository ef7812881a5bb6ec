use crate::facts::cluster::component::{CLUSTER_CIDR, Component, Flag, generic, per_family};
use crate::model::IpFamily;
use crate::rule::prelude::*;

rule! {
    /// Node mask flag that the release refuses here
    ///
    /// ## Why
    ///
    /// Up to Kubernetes 1.16 there is one node mask flag, `--node-cidr-mask-size`. Later ones have a flag for each
    /// family too, and refuse the generic flag beside two cluster ranges. To 1.20 the gate decides which kind
    /// may be given, in 1.21 and 1.22 the number of ranges; from 1.23 on the flag of a single range's family
    /// may be given as well, but not that of the other family, and not both kinds.
    ///
    /// ## What to do instead
    ///
    /// Use `--node-cidr-mask-size` for one range, and the flags of each family for two.
    ///
    /// ## Not reported
    ///
    /// Flags that are not read because node ranges are not handed out.
    "kubernetes/misused-node-mask-flag",
    enforces: &[&matrix::kubernetes::NODE_MASK_FLAGS],
    applies_to: super::CONTROL_PLANE,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let kubernetes = cx.kubernetes();
    let Some(flags) = cx.component(Component::ControllerManager) else {
        return Ok(());
    };
    let families = [IpFamily::V4, IpFamily::V6];
    if kubernetes.minor <= 16 {
        let why = format!("this flag does not exist in Kubernetes {}", kubernetes.text);
        for flag in families.into_iter().filter_map(|family| flags.get(per_family(family))) {
            report(cx, flag, &why, "--node-cidr-mask-size", out);
        }
        return Ok(());
    }
    let Some((_, ranges)) = flags.ranges(CLUSTER_CIDR) else {
        return Ok(());
    };
    if !flags.allocates() || ranges.fault().is_some() {
        return Ok(());
    }
    let several = ranges.is_several();
    let takes_per_family = match kubernetes.minor {
        0..=20 => flags.has_dual_stack(kubernetes.minor),
        _ => several,
    };
    // 0 says that none is given
    let given = |name: &str| flags.get(name).filter(|flag| flag.value != "0");
    let generic = given(generic());
    let alone = kubernetes.minor >= 23 && !several;
    if let Some(flag) = generic.filter(|_| takes_per_family) {
        let why = "the generic node mask is refused with dual stack";
        report(cx, flag, why, "--node-cidr-mask-size-ipv4 and --node-cidr-mask-size-ipv6", out);
    }
    for family in families {
        let Some(flag) = given(per_family(family)) else { continue };
        if alone && ranges.of(family).is_none() {
            report(
                cx,
                flag,
                &format!("there is no {family} cluster range"),
                "the flag of the range's family",
                out,
            );
        } else if alone && generic.is_some() {
            report(cx, flag, "the generic node mask is given too", "one of the two", out);
        } else if !alone && !takes_per_family {
            report(
                cx,
                flag,
                "a node mask of one family is refused with one range",
                "--node-cidr-mask-size",
                out,
            );
        }
    }
    Ok(())
}

fn report(cx: &Context<'_>, flag: Flag<'_>, why: &str, instead: &str, out: &mut Findings) {
    out.push(
        Finding::at(cx.subject(), flag.node, CauseKind::Forbidden, why.to_owned())
            .because("kube-controller-manager would end with an error instead of starting")
            .remedy(format!("use {instead}")),
    );
}
