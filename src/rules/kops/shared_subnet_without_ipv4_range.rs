use crate::facts::kops::Subnet;
use crate::matrix::kops::release;
use crate::rule::prelude::*;

rule! {
    /// Existing private subnet without an IPv4 range before kOps 1.36
    ///
    /// ## Why
    ///
    /// kOps before 1.36 asks for an IPv4 range of every existing subnet, IPv6-only private ones of IPv6
    /// clusters too, and fails while it prepares the cluster (issue 18078).
    ///
    /// ## What to do instead
    ///
    /// Name the subnet's `cidr` if it has one, let kOps make the subnet, or use kOps 1.36.
    ///
    /// ## Not reported
    ///
    /// kOps 1.36 and later. IPv4 clusters. Subnets that kOps makes.
    "kops/shared-subnet-without-ipv4-range",
    enforces: &[&matrix::kops::IPV6_ONLY_SUBNET],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if cx.profile.kops.value >= release::SHARED_IPV6_ONLY {
        return Ok(());
    }
    let Some(cluster) = cx.kops_ipv6_cluster_on_aws() else {
        return Ok(());
    };
    let lacking = |subnet: &Subnet<'_>| subnet.kind() == "Private" && subnet.cidr().is_empty();
    for subnet in cluster.subnets().filter(lacking).filter(|subnet| !subnet.id().is_empty()) {
        out.push(
            Finding::missing(
                cx.subject(),
                subnet.node,
                "cidr",
                format!(
                    "kOps {} takes no existing subnet without an IPv4 range: {}",
                    cx.profile.kops.text,
                    subnet.id()
                ),
            )
            .because("kOps would fail while preparing the cluster")
            .remedy("name the subnet's cidr, let kOps make the subnet, or use kOps 1.36 or later"),
        );
    }
    Ok(())
}
