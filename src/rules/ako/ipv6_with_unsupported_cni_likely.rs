use crate::facts::ako::Era;
use crate::rule::prelude::*;

rule! {
    /// IPv6 asked for where the CNI plug-in is unnamed, or in the VIP only
    ///
    /// ## Why
    ///
    /// AKO's documents support IPv6 with Calico and Antrea, 1.8.x with Calico only. An empty `cniPlugin` may stand
    /// for a supported plug-in or for any other, and AKO does not use the plug-in's annotations and objects while it
    /// is empty. A `v6cidr` makes VIPs IPv6 while the servers behind them may all be IPv4: that rarely touches the
    /// plug-in, yet it is outside the matrix.
    ///
    /// ## What to do instead
    ///
    /// Name the plug-in in `cniPlugin` if it is Calico or Antrea; otherwise leave out `v6cidr` and set `ipFamily` to
    /// `V4`.
    ///
    /// ## Not reported
    ///
    /// An `ipFamily` that asks for IPv6 under a named plug-in outside the matrix: another rule refuses it. OpenShift,
    /// which has a rule of its own.
    "ako/ipv6-with-unsupported-cni-likely",
    enforces: &[&matrix::ako::IPV6_CNIS],
    applies_to: CONFIG,
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(config) = Config::of(cx.subject(), &cx.profile.ako_namespace.value) else {
        return Ok(());
    };
    let Some(written) = cx.written() else {
        return Ok(());
    };
    let (cni, supported) = (config.cni(), cx.era().ipv6_cnis());
    // a release without any IPv6 is refused for that
    if cx.era() == Era::NoIpv6 || supported.contains(&cni.as_str()) || cx.is_openshift()? {
        return Ok(());
    }
    let fields: Vec<Node<'_>> = match written.ip_family {
        Some(field) if cni.is_empty() => vec![field],
        Some(_) => Vec::new(),
        None => written.v6cidrs().collect(),
    };
    let release = &cx.profile.ako.text;
    let (all, any) = (supported.join(" and "), supported.join(" or "));
    let instead = if cni.is_empty() {
        "and cniPlugin is empty".to_owned()
    } else {
        format!("not with the CNI plug-in {cni:?}")
    };
    for field in fields {
        out.push(
            Finding::at(
                config.object,
                field,
                CauseKind::NotSupported,
                format!("AKO {release} supports IPv6 with {all} only, {instead}"),
            )
            .because("AKO would start, but this combination is outside its support matrix")
            .remedy(format!("name the plug-in in cniPlugin if it is {any}; otherwise stay with IPv4")),
        );
    }
    Ok(())
}
