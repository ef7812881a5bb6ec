use crate::model::IpFamily;
use crate::rule::prelude::*;

rule! {
    /// IPv6 pool servers asked for in a cluster without IPv6
    ///
    /// ## Why
    ///
    /// With `ipFamily` at `V6` or `V4_V6` AKO looks for IPv6 endpoints and IPv6 node addresses. A cluster whose ranges
    /// for Pods and Services are IPv4 only has none: pools stay empty under `V6`, and nothing is gained under `V4_V6`.
    ///
    /// ## What to do instead
    ///
    /// Leave `ipFamily` at `V4`, or give the cluster an IPv6 range for Pods and for Services, which for most clusters
    /// means to build it anew.
    ///
    /// ## Not reported
    ///
    /// Runs without a document that builds a cluster: component flags, a kubeadm configuration, an AKS Engine model or a
    /// kOps Cluster. Several documents of one kind that disagree. The webhook never sees such documents.
    "ako/ipv6-servers-without-ipv6-cluster",
    enforces: &[&matrix::ako::CLUSTER_FAMILIES],
    applies_to: CONFIG,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(config) = Config::of(cx.subject(), &cx.profile.ako_namespace.value) else {
        return Ok(());
    };
    let documented = &cx.profile.documented;
    let said = [&documented.pods, &documented.services].into_iter().flatten();
    let has_ipv6 = said.clone().any(|said| said.value.contains(&IpFamily::V6));
    let Some(first) = said.into_iter().next() else {
        return Ok(());
    };
    if has_ipv6 || !config.asks_for_ipv6_servers() {
        return Ok(());
    }
    out.push(
        Finding::at(
            config.object,
            config.at(Setting::IpFamily),
            CauseKind::NotSupported,
            format!("the cluster has no IPv6: {} gives it IPv4 ranges only", first.by),
        )
        .because("AKO would look for IPv6 servers that do not exist")
        .remedy("set ipFamily to V4, or give the cluster IPv6 ranges for Pods and Services"),
    );
    Ok(())
}
