use crate::facts::aks_engine::{Field, Model, Ranges, Stack};
use std::borrow::Cow;

use crate::model::IpFamily;
use crate::rule::prelude::*;

rule! {
    /// IPv6-only cluster outside its limits
    ///
    /// ## Why
    ///
    /// AKS Engine builds IPv6-only clusters from Kubernetes 1.18 on, with kubenet, on Linux nodes that are
    /// not Flatcar. `clusterSubnet` and `serviceCidr` must be IPv6, which AKS Engine does not check.
    ///
    /// ## What to do instead
    ///
    /// Keep to these limits, or build a dual-stack cluster.
    ///
    /// ## Not reported
    ///
    /// Dual-stack clusters, which have rules of their own.
    "aks-engine/outside-ipv6-only-limits",
    enforces: &[&matrix::aks_engine::IPV6_ONLY],
    applies_to: &[Kind::ApiModel],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let model = Model::of(cx.subject(), cx.profile);
    if model.stack != Stack::Ipv6Only {
        return Ok(());
    }
    if model.network_plugin() != Some("kubenet") {
        let message = "an IPv6-only cluster needs the plug-in kubenet";
        out.push(refusal(cx, model.plugin_field(), message, "set networkPlugin to kubenet"));
    }
    for pool in model.windows_pools() {
        let message = "an IPv6-only cluster has no Windows nodes";
        out.push(refusal(cx, pool, message, "take the Windows pool out"));
    }
    for distro in model.flatcar_pools() {
        let message = "an IPv6-only cluster has no Flatcar nodes";
        out.push(refusal(cx, distro, message, "name another distribution"));
    }
    for field in [model.subnet_field(), model.service_field()] {
        let ranges = Ranges::split(field.text());
        if let Some(range) = ranges.of(IpFamily::V4) {
            let message = format!("{} is an IPv4 range in an IPv6-only cluster", range.text);
            out.push(refusal(cx, field, message, "write an IPv6 range, or none"));
        }
    }
    let version = model.kubernetes()?;
    if !version.is_at_least(18) {
        let message = format!("an IPv6-only cluster needs Kubernetes 1.18, and the model asks for {version}");
        out.push(refusal(cx, model.version_field(), message, "set orchestratorVersion to 1.18 or later"));
    }
    Ok(())
}

fn refusal<'a>(
    cx: &Context<'a>,
    field: Field<'a>,
    message: impl Into<Cow<'static, str>>,
    remedy: &'static str,
) -> Finding {
    field
        .finding(cx.subject(), CauseKind::NotSupported, message)
        .because("AKS Engine refuses the model, or the cluster does not come up")
        .remedy(remedy)
}
