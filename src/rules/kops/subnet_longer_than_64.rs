use crate::facts::kops::range::Written;
use crate::rule::prelude::*;

rule! {
    /// IPv6 range of a subnet longer than /64
    ///
    /// ## Why
    ///
    /// AWS gives subnets IPv6 ranges of /64 and larger. kOps computes longer ones without a word; the cloud
    /// refuses them.
    ///
    /// ## What to do instead
    ///
    /// Use /64.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters.
    "kops/subnet-longer-than-64",
    enforces: &[&matrix::kops::SUBNET_LENGTH],
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
        let Some(length) = Written::of(subnet).length().filter(|length| *length > 64) else {
            continue;
        };
        out.push(
            Finding::at(
                cx.subject(),
                subnet.ipv6_cidr(),
                CauseKind::NotSupported,
                format!("a subnet of length /{length}, where AWS has none longer than /64"),
            )
            .because("the cloud would refuse the subnet halfway through the run")
            .remedy("use /64"),
        );
    }
    Ok(())
}
