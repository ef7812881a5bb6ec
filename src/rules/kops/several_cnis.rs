use crate::rule::prelude::*;

rule! {
    /// Several CNIs in an IPv6 cluster
    ///
    /// ## Why
    ///
    /// A cluster has one CNI. kOps refuses two.
    ///
    /// ## What to do instead
    ///
    /// Keep one of calico, cilium or cni.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters.
    "kops/several-cnis",
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
    let cnis: Vec<Node<'_>> = cluster.cnis().collect();
    if cnis.len() < 2 {
        return Ok(());
    }
    let names: Vec<&str> = cnis.iter().map(|cni| cni.key()).collect();
    for cni in cnis {
        out.push(
            Finding::at(
                cx.subject(),
                cni,
                CauseKind::TooMany,
                format!("{} CNIs in one cluster: {}", names.len(), names.join(", ")),
            )
            .because("kOps would refuse the cluster")
            .remedy("keep one of calico, cilium or cni"),
        );
    }
    Ok(())
}
