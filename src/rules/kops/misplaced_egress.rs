use crate::facts::kops::Subnet;
use crate::facts::kops::egress::Egress;
use crate::rule::prelude::*;

rule! {
    /// Egress of a subnet that has none
    ///
    /// ## Why
    ///
    /// Private and DualStack subnets send traffic out by an egress, and so do Public subnets with an IPv6
    /// range, to IPv4 by NAT64. Utility subnets and plain Public ones use the internet gateway, and kOps
    /// refuses an egress for them.
    ///
    /// ## What to do instead
    ///
    /// Leave the field out. `External` is allowed anywhere.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters.
    "kops/misplaced-egress",
    enforces: &[&matrix::kops::EGRESS],
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
        let is_plain = subnet.kind() == "Utility" || subnet.kind() == "Public" && !subnet.has_ipv6();
        if !is_plain || matches!(Egress::of(subnet.egress()), Egress::Nothing | Egress::External) {
            continue;
        }
        out.push(
            Finding::at(
                cx.subject(),
                subnet.node.at("egress"),
                CauseKind::Forbidden,
                format!("a {} subnet uses the internet gateway and takes no egress", describe(subnet)),
            )
            .because("kOps would refuse the cluster")
            .remedy("leave egress out"),
        );
    }
    Ok(())
}

fn describe(subnet: Subnet<'_>) -> String {
    if subnet.kind() == "Public" { "Public IPv4".to_owned() } else { subnet.kind().to_owned() }
}
