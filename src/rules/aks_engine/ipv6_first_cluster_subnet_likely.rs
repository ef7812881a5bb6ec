use crate::facts::aks_engine::Model;
use crate::rule::prelude::*;

rule! {
    /// IPv6 pod range in front of the IPv4 one with kubenet
    ///
    /// ## Why
    ///
    /// Dual-stack clusters are described with the IPv4 pod range first, and what they report goes by
    /// position: with the IPv6 range first, nodes and pods show the families the other way round, and tools
    /// that expect an IPv4 address first get an IPv6 one.
    ///
    /// ## What to do instead
    ///
    /// Put the IPv4 range in front: `10.244.0.0/16,fc00::/48`.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`. A single IPv6 range, to which AKS Engine adds an IPv4 one in
    /// front. The same order with Azure CNI, which another rule refuses.
    "aks-engine/ipv6-first-cluster-subnet-likely",
    enforces: &[&matrix::aks_engine::CLUSTER_SUBNET_ORDER],
    applies_to: &[Kind::ApiModel],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(model) = Model::dual_stack(cx.subject(), cx.profile) else {
        return Ok(());
    };
    let ranges = model.cluster_ranges();
    if model.network_plugin() != Some("kubenet") || !ranges.is_pair() || !ranges.is_ipv6_first() {
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
                "the IPv6 pod range comes first, where IPv4 is expected",
            )
            .because("nodes and pods would report their families the other way round")
            .remedy("put the IPv4 range in front")
            .meant(swapped),
    );
    Ok(())
}
