use crate::facts::aks_engine::{Model, Ranges, Stack};
use crate::rule::prelude::*;

rule! {
    /// Text in a list of ranges that is no range
    ///
    /// ## Why
    ///
    /// AKS Engine parts `clusterSubnet` and `serviceCidr` at the commas and trims nothing. A blank after the
    /// comma, a comma at the end or a missing prefix length is an error.
    ///
    /// ## What to do instead
    ///
    /// Write the ranges with a comma and no blank between them: `10.244.0.0/16,fc00::/48`.
    ///
    /// ## Not reported
    ///
    /// Clusters without IPv6.
    "aks-engine/malformed-range",
    enforces: &[&matrix::aks_engine::RANGE_SYNTAX],
    applies_to: &[Kind::ApiModel],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let model = Model::of(cx.subject(), cx.profile);
    if model.stack == Stack::Single {
        return Ok(());
    }
    for field in [model.subnet_field(), model.service_field()] {
        if let Some(range) = Ranges::split(field.text()).unreadable() {
            let message = format!("{:?} is no range, and nothing is trimmed", range.text);
            out.push(
                field
                    .finding(cx.subject(), CauseKind::Invalid, message)
                    .because("AKS Engine refuses the model")
                    .remedy("part the ranges with a comma and no blank, each with its prefix length")
                    .meant(meant(field.text())),
            );
        }
    }
    Ok(())
}

/// The list without its blanks, if they are all that keeps it from being one.
fn meant(list: &str) -> Option<String> {
    let bare = list.replace(char::is_whitespace, "");
    Ranges::split(&bare).unreadable().is_none().then_some(bare)
}
