use crate::rule::prelude::*;

rule! {
    /// EndpointSlice of names instead of addresses
    ///
    /// ## Why
    ///
    /// The address type FQDN is deprecated. The API server warns of it, and kube-proxy and most others never
    /// send traffic to such a slice.
    ///
    /// ## What to do instead
    ///
    /// Write slices of addresses, or use a Service of type ExternalName.
    ///
    /// ## Not reported
    ///
    /// Slices of type IPv4 and IPv6. Where AKO is in play: AKO leaves slices of names alone.
    "kubernetes/fqdn-endpoint-slice",
    enforces: &[&matrix::kubernetes::ENDPOINT_SLICES],
    applies_to: &[Kind::EndpointSlice],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let slice = cx.subject();
    let field = slice.at_key("addressType");
    if field.text() == "FQDN" && !cx.profile.ako_in_play {
        out.push(
            Finding::at(slice, field, CauseKind::NotSupported, "the address type FQDN is deprecated")
                .because("kube-proxy sends no traffic to the names of the slice")
                .remedy("write slices of addresses, or use a Service of type ExternalName"),
        );
    }
    Ok(())
}
