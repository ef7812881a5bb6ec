use crate::facts::ako::Era;
use crate::rule::prelude::*;

rule! {
    /// IPv6 pool servers asked for with a CNI plug-in outside the matrix
    ///
    /// ## Why
    ///
    /// AKO's documents support IPv6 with Calico and Antrea, 1.8.x with Calico only. AKO accepts any other
    /// `cniPlugin` without a word, but learns the nodes' IPv6 addresses and Pod networks from these two plug-ins'
    /// own annotations and objects. With another one it takes the nodes' InternalIP and podCIDRs as they stand, and
    /// where these are not what the Pods really use, pool servers are unreachable.
    ///
    /// ## What to do instead
    ///
    /// Run Calico or Antrea and say so in `cniPlugin`, or leave `ipFamily` at `V4`.
    ///
    /// ## Not reported
    ///
    /// The letter case of `cniPlugin`: AKO ignores it. An empty `cniPlugin`, and a `v6cidr` without `ipFamily`:
    /// another rule warns about these. OpenShift, which has a rule of its own.
    "ako/ip-family-with-unsupported-cni",
    enforces: &[&matrix::ako::IPV6_CNIS],
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
    let (cni, supported) = (config.cni(), cx.era().ipv6_cnis());
    // a release without any IPv6 is refused for that
    let judged = cx.era() != Era::NoIpv6 && config.asks_for_ipv6_servers() && !cni.is_empty();
    if !judged || supported.contains(&cni.as_str()) || cx.is_openshift()? {
        return Ok(());
    }
    let release = &cx.profile.ako.text;
    let (all, any) = (supported.join(" and "), supported.join(" or "));
    out.push(
        Finding::at(
            config.object,
            config.at(Setting::IpFamily),
            CauseKind::NotSupported,
            format!("AKO {release} supports IPv6 with {all} only, not with the CNI plug-in {cni:?}"),
        )
        .because("AKO would start, but could program servers and routes that lead nowhere")
        .remedy(format!("set ipFamily to V4, or run {any} and name it in cniPlugin")),
    );
    Ok(())
}
