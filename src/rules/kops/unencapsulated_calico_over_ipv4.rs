use crate::rule::prelude::*;

rule! {
    /// Calico without encapsulation in an IPv4 cluster
    ///
    /// ## Why
    ///
    /// `encapsulationMode: none` belongs to IPv6 clusters, whose Pods have addresses of the VPC. In an IPv4
    /// cluster it would leave Pods of different nodes unable to reach each other, and kOps refuses it.
    ///
    /// ## What to do instead
    ///
    /// Leave the field out, or use `ipip` or `vxlan`.
    ///
    /// ## Not reported
    ///
    /// IPv6 clusters.
    "kops/unencapsulated-calico-over-ipv4",
    enforces: &[&matrix::kops::CALICO_WITHOUT_ENCAPSULATION],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(cluster) = cx.kops_cluster().filter(|cluster| !cluster.is_ipv6()) else {
        return Ok(());
    };
    let mode = cluster.cni("calico").at("encapsulationMode");
    if mode.text() != "none" {
        return Ok(());
    }
    out.push(
        Finding::at(
            cx.subject(),
            mode,
            CauseKind::Forbidden,
            "only IPv6 clusters run Calico without encapsulation",
        )
        .because("kOps would refuse the cluster")
        .remedy("leave encapsulationMode out, or use ipip or vxlan"),
    );
    Ok(())
}
