use crate::facts::kops::Subnet;
use crate::matrix::kops::release;
use crate::model::Release;
use crate::rule::prelude::*;

rule! {
    /// IPv6-only subnet under Kubernetes before 1.22
    ///
    /// ## Why
    ///
    /// Nodes in subnets without IPv4 need Kubernetes 1.22. kOps 1.26 and earlier, which still run older ones,
    /// refuse the cluster.
    ///
    /// ## What to do instead
    ///
    /// Use Kubernetes 1.22 or later, or give the subnet a `cidr`.
    ///
    /// ## Not reported
    ///
    /// kOps 1.27 and later, which run nothing that old. Clusters that do not name their release of Kubernetes.
    "kops/ipv6-only-subnet-before-kubernetes-122",
    enforces: &[&matrix::kops::IPV6_ONLY_SUBNET],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if cx.profile.kops.value >= release::NO_OLD_KUBERNETES {
        return Ok(());
    }
    let Some(cluster) = cx.kops_ipv6_cluster_on_aws() else {
        return Ok(());
    };
    let written = cluster.spec().at("kubernetesVersion").text();
    if !written.parse::<Release>().is_ok_and(|kubernetes| kubernetes < NEEDED) {
        return Ok(());
    }
    let ipv6_only = |subnet: &Subnet<'_>| subnet.kind() == "Private" && subnet.cidr().is_empty();
    for subnet in cluster.subnets().filter(ipv6_only).filter(|subnet| subnet.has_ipv6()) {
        out.push(
            Finding::missing(
                cx.subject(),
                subnet.node,
                "cidr",
                format!("a subnet without IPv4 needs Kubernetes 1.22, not {written}"),
            )
            .because("kOps would refuse the cluster")
            .remedy("use Kubernetes 1.22 or later, or give the subnet a cidr"),
        );
    }
    Ok(())
}

/// The first release of Kubernetes whose nodes can do without IPv4.
const NEEDED: Release = Release { major: 1, minor: 22, patch: None };
