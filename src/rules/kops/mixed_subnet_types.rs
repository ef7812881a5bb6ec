use crate::rule::prelude::*;

rule! {
    /// InstanceGroup over subnets of several types
    ///
    /// ## Why
    ///
    /// The machines of an InstanceGroup are made in subnets of one type. kOps fails while building the cluster
    /// when they differ.
    ///
    /// ## What to do instead
    ///
    /// Make one InstanceGroup for each type of subnet.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters. Subnets that the Cluster does not have, and groups of a Cluster that does not exist.
    "kops/mixed-subnet-types",
    enforces: &[&matrix::kops::MIXED_SUBNET_TYPES],
    applies_to: &[Kind::InstanceGroup],
    reads: &[Kind::Cluster],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let group = cx.subject();
    if group.spec().at("subnets").items().nth(1).is_none() {
        return Ok(());
    }
    let Some(cluster) = cx.kops_cluster_of(group)?.filter(|cluster| cluster.is_ipv6()) else {
        return Ok(());
    };
    let mut first: Option<&str> = None;
    for name in group.spec().at("subnets").items() {
        let Some(subnet) = cluster.subnets().find(|subnet| subnet.name() == name.text()) else {
            continue;
        };
        let kind = *first.get_or_insert(subnet.kind());
        if subnet.kind() == kind {
            continue;
        }
        out.push(
            Finding::at(
                group,
                name,
                CauseKind::Invalid,
                format!("subnet {:?} is {}, the group's first one {kind}", name.text(), subnet.kind()),
            )
            .because("kOps would fail while building the cluster")
            .remedy("make one InstanceGroup for each type of subnet"),
        );
        break;
    }
    Ok(())
}
