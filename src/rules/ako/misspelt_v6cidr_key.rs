use crate::rule::prelude::*;

rule! {
    /// A key that is v6cidr but for its letter case
    ///
    /// ## Why
    ///
    /// AKOConfig and AviInfraSetting are custom resources: the API server drops every key their schema does not
    /// know, and it knows `v6cidr` only. A key written `v6Cidr`, as AKO's own documentation has it in one place,
    /// disappears without an error, and VIPs stay IPv4.
    ///
    /// ## What to do instead
    ///
    /// Write `v6cidr`, all in lower case.
    ///
    /// ## Not reported
    ///
    /// The ConfigMap and the chart's values, where AKO takes the key in any letter case.
    "ako/misspelt-v6cidr-key",
    enforces: &[&matrix::ako::KEY_CASE],
    applies_to: &[Kind::AKOConfig, Kind::AviInfraSetting],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(written) = cx.written() else {
        return Ok(());
    };
    let fields =
        written.list.items().flat_map(|network| network.children().map(move |field| (network, field)));
    for (network, field) in fields {
        let key = field.key();
        if key == "v6cidr" || !key.eq_ignore_ascii_case("v6cidr") {
            continue;
        }
        let spellings = network.children().filter(|field| field.key().eq_ignore_ascii_case("v6cidr"));
        let is_only = spellings.count() == 1;
        out.push(
            Finding::at(
                cx.subject(),
                field,
                CauseKind::Invalid,
                format!("the schema has a key v6cidr; {key} differs from it in letter case"),
            )
            .because("the API server would drop the key without an error, and VIPs would stay IPv4")
            .remedy("write the key as v6cidr")
            .fixed_by(is_only.then_some(Fix::Key("v6cidr"))),
        );
    }
    Ok(())
}
