use crate::facts::kops::range::{Pool, Written};
use crate::rule::prelude::*;

rule! {
    /// IPv6 range of a subnet of an unusual length
    ///
    /// ## Why
    ///
    /// AWS documents /44, /48, /52, /56, /60 and /64 for the IPv6 ranges of subnets, older pages /64 only.
    /// Other lengths are likely to be refused halfway through the run.
    ///
    /// ## What to do instead
    ///
    /// Use /64.
    ///
    /// ## Not reported
    ///
    /// Lengths beyond /64, which another rule refuses, and blocks larger than the VPC's range.
    "kops/unusual-subnet-length",
    enforces: &[&matrix::kops::SUBNET_LENGTH],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(cluster) = cx.kops_ipv6_cluster_on_aws() else {
        return Ok(());
    };
    let pool = Pool::of(cluster, cx.profile);
    for subnet in cluster.subnets() {
        let written = Written::of(subnet);
        let Some(length) = written.length().filter(|length| *length < 64) else {
            continue;
        };
        if matches!(length, 44 | 48 | 52 | 56 | 60) || written.outside(pool).is_some() {
            continue;
        }
        out.push(
            Finding::at(
                cx.subject(),
                subnet.ipv6_cidr(),
                CauseKind::NotSupported,
                format!("a subnet of length /{length}, where AWS steps by 4 from /44 to /64"),
            )
            .because("the cloud is likely to refuse the subnet halfway through the run")
            .remedy("use /64"),
        );
    }
    Ok(())
}
