use crate::facts::aks_engine::Model;
use crate::rule::prelude::*;

rule! {
    /// IPv6 pod range in front of the IPv4 one with Azure CNI
    ///
    /// ## Why
    ///
    /// With Azure CNI, AKS Engine takes the masters' subnet from the first pod range. With an IPv6 range
    /// there it fails later, with a complaint about an invalid `FirstConsecutiveStaticIP` that names no
    /// range.
    ///
    /// ## What to do instead
    ///
    /// Put the IPv4 range in front: `10.240.0.0/12,fc00::/48`.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`. A single IPv6 range, to which AKS Engine adds an IPv4 one in
    /// front. The same order with kubenet: another rule warns.
    "aks-engine/ipv6-first-cluster-subnet",
    enforces: &[&matrix::aks_engine::CLUSTER_SUBNET_ORDER],
    applies_to: &[Kind::ApiModel],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(model) = Model::dual_stack_azure(cx.subject(), cx.profile) else {
        return Ok(());
    };
    let ranges = model.cluster_ranges();
    if !ranges.is_pair() || !ranges.is_ipv6_first() {
        return Ok(());
    }
    let text = model.subnet_field().text();
    let swapped = text.split_once(',').map(|(first, second)| format!("{second},{first}"));
    out.push(
        model
            .subnet_field()
            .finding(
                cx.subject(),
                CauseKind::Invalid,
                "the IPv6 pod range comes first, where Azure CNI needs IPv4",
            )
            .because("AKS Engine takes the masters' subnet from it and fails over FirstConsecutiveStaticIP")
            .remedy("put the IPv4 range in front")
            .meant(swapped),
    );
    Ok(())
}
