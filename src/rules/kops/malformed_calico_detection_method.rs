use crate::model::address::{Address, classify};
use crate::rule::prelude::*;

rule! {
    /// Unusable IPv6 address detection of Calico
    ///
    /// ## Why
    ///
    /// `ipv6AutoDetectionMethod` is `first-found`, `can-reach=ADDRESS` with an IPv6 address, or `interface=` or
    /// `skip-interface=` with a list of patterns. kOps refuses anything else, in any cluster.
    ///
    /// ## What to do instead
    ///
    /// Use one of these forms, or leave the field out.
    ///
    /// ## Not reported
    ///
    /// Whether a pattern for interfaces is a proper regular expression.
    "kops/malformed-calico-detection-method",
    enforces: &[&matrix::kops::CALICO_DETECTION],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(cluster) = cx.kops_cluster() else {
        return Ok(());
    };
    let method = cluster.cni("calico").at("ipv6AutoDetectionMethod");
    let Some(fault) = fault(method.text()) else {
        return Ok(());
    };
    out.push(
        Finding::at(cx.subject(), method, CauseKind::Invalid, format!("{:?} {fault}", method.text()))
            .because("kOps would refuse the cluster")
            .remedy("use first-found, can-reach=IPV6-ADDRESS, interface=PATTERNS or skip-interface=PATTERNS"),
    );
    Ok(())
}

/// What is wrong with a method; none when it is empty or well formed.
fn fault(method: &str) -> Option<&'static str> {
    if method.is_empty() {
        return None;
    }
    let (name, value) = method.split_once('=').map_or((method, None), |(name, value)| (name, Some(value)));
    if value.is_some_and(|value| value.contains('=')) {
        return Some("has more than one =");
    }
    match (name, value) {
        ("first-found", _) => None,
        ("can-reach", Some(value)) if matches!(classify(value), Address::V6(_)) => None,
        ("can-reach", _) => Some("names no IPv6 address to reach"),
        ("interface" | "skip-interface", Some(value)) if !first_of(value).is_empty() => None,
        ("interface" | "skip-interface", _) => Some("names no interfaces"),
        _ => Some("is no way to detect an address"),
    }
}

/// The first item of a list; blanks before a comma belong to the comma.
fn first_of(list: &str) -> &str {
    list.split_once(',').map_or(list, |(first, _)| first.trim_end())
}
