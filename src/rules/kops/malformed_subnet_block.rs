use crate::facts::kops::number::BlockFault;
use crate::facts::kops::range::Written;
use crate::rule::prelude::*;

rule! {
    /// Unreadable network as the IPv6 range of a subnet
    ///
    /// ## Why
    ///
    /// An `ipv6CIDR` that does not begin with a slash must be an IPv6 network: an address, a slash and a
    /// length, no bits set beyond the length, and no IPv4 in IPv6 clothing. kOps refuses anything else.
    ///
    /// ## What to do instead
    ///
    /// Write the network's first address and its length, for example `2001:db8:1200:ab05::/64`, or `/LEN#N`.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters. Values that begin with a slash, which another rule reads.
    "kops/malformed-subnet-block",
    enforces: &[&matrix::kops::SUBNET_BLOCK],
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
    for subnet in cluster.subnets() {
        let Written::BadBlock(fault) = Written::of(subnet) else {
            continue;
        };
        let range = subnet.ipv6_cidr();
        let mut network = None;
        let (message, remedy) = match fault {
            BlockFault::HostBits(meant) => {
                network = Some(meant.to_string());
                (format!("{:?} has bits set beyond its length", range.text()), format!("write {meant}"))
            }
            BlockFault::IPv4 => (
                format!("{:?} is an IPv4 network", range.text()),
                "write an IPv6 network or /LEN#N".to_owned(),
            ),
            BlockFault::Form => (
                format!("{:?} is neither an IPv6 network nor /LEN#N", range.text()),
                "write an IPv6 network or /LEN#N".to_owned(),
            ),
        };
        out.push(
            Finding::at(cx.subject(), range, CauseKind::Invalid, message)
                .because("kOps would refuse the cluster")
                .remedy(remedy)
                .meant(network),
        );
    }
    Ok(())
}
