use crate::facts::kops::Subnet;
use crate::facts::kops::range::{Pool, Written};
use crate::rule::prelude::*;

rule! {
    /// Subnets that share IPv6 addresses
    ///
    /// ## Why
    ///
    /// No two subnets of a VPC share addresses. kOps does not compare them; the cloud refuses the later one
    /// halfway through the run. A number and a literal network may come to the same block, and `/60#0` covers
    /// `/64#0` to `/64#f`.
    ///
    /// ## What to do instead
    ///
    /// Give every subnet a block of its own.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters. Numbers against literal networks where the VPC's range is not known.
    "kops/overlapping-subnets",
    enforces: &[&matrix::kops::SUBNET_OVERLAP],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(cluster) = cx.kops_ipv6_cluster_on_aws() else {
        return Ok(());
    };
    let pool = Pool::of(cluster, cx.profile);
    let mut before: Vec<(Subnet<'_>, &str, Written)> = Vec::new();
    for subnet in cluster.subnets() {
        let (id, written) = (subnet.id(), Written::of(subnet));
        let is_same = |other: &str| !id.is_empty() && id == other;
        let hit = before.iter().find(|(_, other, block)| !is_same(other) && written.overlaps(*block, pool));
        if let Some((other, ..)) = hit {
            out.push(
                Finding::at(
                    cx.subject(),
                    subnet.ipv6_cidr(),
                    CauseKind::Invalid,
                    format!(
                        "{} shares addresses with subnet {:?}, {}",
                        subnet.ipv6_cidr().text(),
                        other.name(),
                        other.ipv6_cidr().text()
                    ),
                )
                .because("the cloud would refuse the subnet halfway through the run")
                .remedy("give every subnet a block of its own"),
            );
        }
        before.push((subnet, id, written));
    }
    Ok(())
}
