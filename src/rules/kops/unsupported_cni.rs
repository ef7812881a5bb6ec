use crate::rule::prelude::*;

rule! {
    /// CNI that does not support IPv6
    ///
    /// ## Why
    ///
    /// kOps runs IPv6 clusters with Calico, Cilium or a CNI that somebody installs, `cni`. It refuses kubenet,
    /// flannel, kopeio, kube-router, the Amazon VPC CNI and GCP's, and Weave and Canal as long as it knows
    /// them.
    ///
    /// ## What to do instead
    ///
    /// Use `calico: {}`, `cilium: {}` or `cni: {}`.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters. kindnet, which has rules of its own.
    "kops/unsupported-cni",
    enforces: &[&matrix::kops::CNI],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(cluster) = cx.kops_ipv6_cluster() else {
        return Ok(());
    };
    for cni in cluster.cnis().filter(|cni| !matches!(cni.key(), "calico" | "cilium" | "cni" | "kindnet")) {
        out.push(
            Finding::at(
                cx.subject(),
                cni,
                CauseKind::NotSupported,
                format!("{} does not support IPv6 clusters", cni.key()),
            )
            .because("kOps would refuse the cluster, whose Pods would get no IPv6 addresses")
            .remedy("use calico, cilium or cni instead"),
        );
    }
    Ok(())
}
