use crate::facts::aks_engine::Model;
use crate::facts::aks_engine::model::IPV6_MASK_FLAG;
use crate::model::IpFamily;
use crate::rule::prelude::*;

rule! {
    /// Node mask that does not fit the IPv6 pod range
    ///
    /// ## Why
    ///
    /// The controller manager cuts the IPv6 pod range into one part for each node, and gives up when the
    /// parts are more than 16 bits longer than the range, or shorter. It then ends at once, and no node gets
    /// addresses. AKS Engine does not check it.
    ///
    /// A node's part is a /64, or what the flag in `controllerManagerConfig` says; on Kubernetes 1.16 it is a
    /// /24 that cannot be changed. As many nodes fit as 2 to the power of the difference: a /48 with /64 has
    /// room for 65536, a /62 with /64 for four.
    ///
    /// ## What to do instead
    ///
    /// Choose a `clusterSubnet` whose IPv6 range is at most 16 bits shorter than a node's part, or change
    /// `--node-cidr-mask-size-ipv6`.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`. The IPv4 range, for which Kubernetes has no such limit. A flag
    /// that the controller manager does not take, and ranges that are not one of each family: other rules.
    "aks-engine/ipv6-node-mask-out-of-range",
    enforces: &[&matrix::aks_engine::NODE_MASK],
    applies_to: &[Kind::ApiModel],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(model) = Model::dual_stack(cx.subject(), cx.profile) else {
        return Ok(());
    };
    let version = model.kubernetes()?;
    let crashes = model.is_azure_cni() && version.is_at_least(20);
    if crashes && model.controller_manager_flag(IPV6_MASK_FLAG).is_some() {
        return Ok(());
    }
    let ranges = model.cluster_ranges();
    let is_judged = version.is_at_least(16) && ranges.is_pair();
    let Some(net) = ranges.of(IpFamily::V6).and_then(|range| range.net).filter(|_| is_judged) else {
        return Ok(());
    };
    let mask = model.ipv6_node_mask()?;
    let difference = mask.length.map(|length| i32::from(length) - i32::from(net.prefix_len()));
    if difference.is_some_and(|difference| (0..=16).contains(&difference)) {
        return Ok(());
    }
    let message = match (mask.length, difference) {
        (Some(length), Some(difference)) if difference < 0 => {
            format!("a node's /{length} does not fit into the IPv6 pod range {net}")
        }
        (Some(length), Some(difference)) => {
            format!(
                "a node's /{length} is {difference} bits longer than the IPv6 pod range {net}, at most 16 work"
            )
        }
        _ => "the IPv6 node mask is no length between 0 and 128".to_owned(),
    };
    let subject = cx.subject();
    let finding = match mask.flag {
        Some(flag) => Finding::at(subject, flag, CauseKind::Invalid, message),
        None => model.subnet_field().finding(subject, CauseKind::Invalid, message),
    };
    out.push(
        finding
            .because("the controller manager would end at once, and no node would get addresses")
            .remedy("make the IPv6 pod range 0 to 16 bits shorter than the node mask"),
    );
    Ok(())
}
