use crate::facts::cluster::component::{CLUSTER_CIDR, Component, SERVICE_RANGE};
use crate::rule::prelude::*;

rule! {
    /// Two cluster ranges that the controller manager never reads
    ///
    /// ## Why
    ///
    /// kube-controller-manager looks at `--cluster-cidr`, the node masks and `--service-cluster-ip-range`
    /// only with `--allocate-node-cidrs=true`, which is off by default. Without it Nodes get no Pod ranges
    /// from it, of either family.
    ///
    /// ## What to do instead
    ///
    /// Add `--allocate-node-cidrs=true`, or leave the ranges away where something else hands them out.
    ///
    /// ## Not reported
    ///
    /// A single range. Clusters that kubeadm sets up: it adds the flag by itself, and who switches it off
    /// there means it.
    "kubernetes/unread-cluster-cidr",
    enforces: &[&matrix::kubernetes::UNALLOCATED],
    applies_to: &[Kind::ClusterFlags, Kind::Pod],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(flags) = cx.component(Component::ControllerManager) else {
        return Ok(());
    };
    if flags.allocates() {
        return Ok(());
    }
    let given = [CLUSTER_CIDR, SERVICE_RANGE].into_iter().filter_map(|name| flags.ranges(name));
    let Some((flag, _)) = given.into_iter().find(|(_, ranges)| ranges.is_several()) else {
        return Ok(());
    };
    out.push(
        Finding::at(
            cx.subject(),
            flag.node,
            CauseKind::Required,
            "kube-controller-manager reads its ranges only with --allocate-node-cidrs=true",
        )
        .because("the Nodes would get no Pod ranges from it, whatever the ranges are")
        .remedy("add --allocate-node-cidrs=true, or leave the ranges away"),
    );
    Ok(())
}
