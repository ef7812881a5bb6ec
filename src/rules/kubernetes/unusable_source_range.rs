use crate::facts::cluster::range::{is_strict, masked, parse};
use crate::rule::prelude::*;

rule! {
    /// Source range that is malformed or out of place
    ///
    /// ## Why
    ///
    /// `loadBalancerSourceRanges`, and the annotation that came before it, hold address ranges, and only
    /// Services of type LoadBalancer may have them. The API server refuses anything else, from 1.36 on
    /// leading zeros, IPv4-mapped addresses and bits beyond the prefix too.
    ///
    /// ## What to do instead
    ///
    /// Write ranges such as `192.0.2.0/24`, and only on Services of type LoadBalancer.
    ///
    /// ## Not reported
    ///
    /// Ranges of a family that the Service does not have: another rule warns of these.
    "kubernetes/unusable-source-range",
    enforces: &[&matrix::kubernetes::EXTERNAL_ACCESS, &matrix::kubernetes::STRICT_TEXT],
    applies_to: &[Kind::Service],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

const ANNOTATION: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    let spec = service.spec();
    let (list, annotation) = (spec.at("loadBalancerSourceRanges"), service.annotation(ANNOTATION));
    let kind = cx.service_type();
    let is_load_balancer = kind == "LoadBalancer";
    let strict = cx.kubernetes().minor >= 36;
    for range in list.items() {
        let text = range.text().trim();
        let unchanged = || {
            let before = cx.old.map(|old| old.spec().at("loadBalancerSourceRanges"));
            before.is_some_and(|before| before.items().any(|old| old.text() == range.text()))
        };
        if is_load_balancer && strict && !is_strict(text) && parse(text).is_some() && !unchanged() {
            let message =
                format!("{text:?} has leading zeros, bits beyond its prefix or an IPv4-mapped address");
            let finding = report(service, range, message);
            out.push(finding.meant(masked(text)));
        } else if is_load_balancer && parse(text).is_none() {
            out.push(report(service, range, format!("{:?} is no address range", range.text())));
        } else if !is_load_balancer {
            out.push(report(service, range, "only a LoadBalancer Service has source ranges".to_owned()));
        }
    }
    // the list wins over the annotation
    if annotation.is_absent() || list.items().next().is_some() {
        return Ok(());
    }
    let text = annotation.text().trim();
    let unchanged = cx.old.is_some_and(|old| old.annotation(ANNOTATION).text() == annotation.text());
    let mut ranges = text.split(',').map(str::trim).filter(|_| !text.is_empty() && !unchanged);
    let is_bad = |range: &str| parse(range).is_none() || (strict && !is_strict(range));
    if is_load_balancer && ranges.any(is_bad) {
        let why = if strict { "no address range in strict form" } else { "no address range" };
        out.push(report(service, annotation, format!("the annotation holds what is {why}")));
    } else if !is_load_balancer {
        out.push(report(service, annotation, "only a LoadBalancer Service has source ranges".to_owned()));
    }
    Ok(())
}

fn report(service: Object<'_>, node: Node<'_>, message: String) -> Finding {
    Finding::at(service, node, CauseKind::Invalid, message)
        .because("the API server refuses the Service")
        .remedy("write ranges such as 192.0.2.0/24 or 2001:db8::/64, on Services of type LoadBalancer")
}
