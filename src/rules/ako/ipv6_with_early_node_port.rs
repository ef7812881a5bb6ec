use crate::facts::ako::config::{Config, Setting};
use crate::facts::ako::era::Era;
use crate::rule::prelude::*;

rule! {
    /// IPv6 servers asked for with NodePort before AKO 1.9.1
    ///
    /// ## Why
    ///
    /// AKO 1.8 fills pools with the IPv4 addresses of the nodes when it works with node ports, whatever `ipFamily`
    /// says. Releases from 1.9.1 on take the family that is asked for.
    ///
    /// ## What to do instead
    ///
    /// Use `serviceType: ClusterIP`, set `ipFamily` to `V4`, or move to AKO 1.9.1 or later.
    ///
    /// ## Not reported
    ///
    /// A `v6cidr` alone: the family of a VIP does not depend on that of the servers.
    "ako/ipv6-with-early-node-port",
    enforces: &[&matrix::ako::SERVICE_TYPES],
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
    if cx.era() != Era::Preview || config.service_type() != "NodePort" || !config.asks_for_ipv6_servers() {
        return Ok(());
    }
    let release = &cx.profile.ako.text;
    out.push(
        Finding::at(
            config.object,
            config.at(Setting::IpFamily),
            CauseKind::NotSupported,
            format!("AKO {release} does not support IPv6 servers with serviceType NodePort"),
        )
        .because("AKO would fill its pools with the IPv4 addresses of the nodes")
        .remedy("use serviceType ClusterIP, set ipFamily to V4, or move to AKO 1.9.1 or later"),
    );
    Ok(())
}
