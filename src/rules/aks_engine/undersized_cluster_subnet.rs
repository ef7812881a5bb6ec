use crate::facts::aks_engine::Model;
use crate::rule::prelude::*;

rule! {
    /// Pod range too small for Azure CNI
    ///
    /// ## Why
    ///
    /// With Azure CNI every pod range must leave more than 8 bits to hosts: IPv4 at most a /23, IPv6 at most
    /// a /119. AKS Engine refuses smaller ones.
    ///
    /// ## What to do instead
    ///
    /// Write larger ranges into `clusterSubnet`.
    ///
    /// ## Not reported
    ///
    /// Clusters without `enableIPv6DualStack`. Other plug-ins.
    "aks-engine/undersized-cluster-subnet",
    enforces: &[&matrix::aks_engine::SUBNET_SIZE],
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
    let Some(range) = ranges.0.iter().find(|range| range.host_bits().is_some_and(|bits| bits <= 8)) else {
        return Ok(());
    };
    let message =
        format!("the pod range {} leaves 8 bits to hosts or fewer, Azure CNI needs more", range.text);
    out.push(
        model
            .subnet_field()
            .finding(cx.subject(), CauseKind::Invalid, message)
            .because("AKS Engine refuses the model")
            .remedy("write an IPv4 range of /23 or larger and an IPv6 range of /119 or larger"),
    );
    Ok(())
}
