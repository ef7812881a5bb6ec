use crate::facts::kops::range::{Outside, Pool, Written};
use crate::rule::prelude::*;

rule! {
    /// IPv6 range of a subnet outside the VPC
    ///
    /// ## Why
    ///
    /// Subnets take their IPv6 ranges from the VPC's. kOps finds a number beyond it when it applies the
    /// cluster, computes a wrong network for a block that is larger than it, and leaves literal networks to the
    /// cloud.
    ///
    /// ## What to do instead
    ///
    /// Choose a block inside the range. Of a /56, which is what Amazon gives a new VPC, these are `/64#0` to
    /// `/64#ff`. If the VPC has a larger range, state it: `--profile vpcIPv6CIDR=RANGE`.
    ///
    /// ## Not reported
    ///
    /// Subnets of an existing VPC whose range nobody stated. Literal networks in a VPC whose range nobody
    /// stated.
    "kops/subnet-outside-pool",
    enforces: &[&matrix::kops::SUBNET_NUMBER, &matrix::kops::SUBNET_IN_POOL],
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
    for subnet in cluster.subnets() {
        let Some(outside) = Written::of(subnet).outside(pool) else {
            continue;
        };
        let range = subnet.ipv6_cidr();
        let (text, whole) = (range.text(), pool.describe());
        let (message, consequence) = match outside {
            Outside::Larger => (
                format!("{text} is larger than {whole}"),
                "kOps would compute a network that is none of the VPC's",
            ),
            Outside::Beyond => {
                (format!("{text} counts beyond {whole}"), "kOps would fail while applying the cluster")
            }
            Outside::Elsewhere => {
                (format!("{text} does not lie in {whole}"), "the cloud would refuse the subnet halfway")
            }
        };
        out.push(
            Finding::at(cx.subject(), range, CauseKind::Invalid, message)
                .because(consequence)
                .remedy("choose a block inside the range, or state the VPC's range (profile vpcIPv6CIDR)"),
        );
    }
    Ok(())
}
