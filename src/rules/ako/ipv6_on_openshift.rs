use crate::rule::prelude::*;

rule! {
    /// IPv6 asked for on OpenShift
    ///
    /// ## Why
    ///
    /// No release of AKO supports IPv6 on OpenShift. AKO accepts the configuration all the same: it creates IPv6
    /// VIPs, but with openshift-sdn no IPv6 route to any Pod, and before 1.12.1 no server either. With OVN-Kubernetes
    /// the newest releases happen to work; nobody promises that they will.
    ///
    /// ## What to do instead
    ///
    /// Leave `ipFamily` empty or set it to `V4`, and take `v6cidr` out of every VIP network.
    ///
    /// ## Not reported
    ///
    /// An empty `ipFamily`, although from 1.12.1 it means both families: nobody asked for IPv6. An AviInfraSetting
    /// with a `v6cidr` is judged where a Route or Ingress selects it.
    "ako/ipv6-on-openshift",
    enforces: &[&matrix::ako::OPENSHIFT],
    applies_to: CONFIG,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(written) = cx.written() else {
        return Ok(());
    };
    if !cx.is_openshift()? {
        return Ok(());
    }
    let release = &cx.profile.ako.text;
    for field in written.ipv6_fields() {
        out.push(
            Finding::at(
                cx.subject(),
                field,
                CauseKind::NotSupported,
                format!("AKO {release} does not support IPv6 on OpenShift"),
            )
            .because("AKO would start and create IPv6 VIPs or pools, while routes to the Pods may be missing")
            .remedy("leave ipFamily empty or set it to V4, and remove v6cidr"),
        );
    }
    Ok(())
}
