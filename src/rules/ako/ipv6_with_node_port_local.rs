use crate::rule::prelude::*;

rule! {
    /// IPv6 asked for with NodePortLocal
    ///
    /// ## Why
    ///
    /// AKO supports IPv6 with the pool modes ClusterIP and NodePort only. With `serviceType: NodePortLocal` it takes
    /// its servers from Antrea's Pod annotations and filters them by family without saying so; before 1.13.2 it can
    /// even take an address of the wrong family from them.
    ///
    /// ## What to do instead
    ///
    /// Use `serviceType: ClusterIP` or `NodePort` for IPv6, or stay with IPv4: leave `ipFamily` empty or set it to
    /// `V4`, and take `v6cidr` out of every VIP network.
    ///
    /// ## Not reported
    ///
    /// An empty `ipFamily`, although from 1.12.1 it means both families: nobody asked for IPv6.
    "ako/ipv6-with-node-port-local",
    enforces: &[&matrix::ako::NODE_PORT_LOCAL, &matrix::ako::SERVICE_TYPES],
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
    let Some(written) = cx.written() else {
        return Ok(());
    };
    if !config.is_node_port_local() {
        return Ok(());
    }
    let release = &cx.profile.ako.text;
    for field in written.ipv6_fields() {
        out.push(
            Finding::at(
                config.object,
                field,
                CauseKind::NotSupported,
                format!("AKO {release} does not support IPv6 with serviceType NodePortLocal"),
            )
            .because("AKO would start, but leave servers out of its pools, or take the wrong ones, without an event")
            .remedy("use serviceType ClusterIP or NodePort, or stay with IPv4"),
        );
    }
    Ok(())
}
