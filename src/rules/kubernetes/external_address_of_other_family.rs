use crate::facts::cluster::range::{family, parse};
use crate::facts::service::resolution::family_of;
use crate::rule::prelude::*;

rule! {
    /// Source range or external IP of a family the Service does not have
    ///
    /// ## Why
    ///
    /// Kubernetes checks source ranges and external IPs for their form, never for their family. A source
    /// range of a family without a load balancer address lets nobody in, and an external IP of a family
    /// without a cluster IP leads nowhere.
    ///
    /// ## What to do instead
    ///
    /// Write ranges and addresses of the families that the Service has, or make the Service dual-stack.
    ///
    /// ## Not reported
    ///
    /// When AKO is in play: AKO gives these fields a meaning of its own, of which its rules speak. Services
    /// whose families nobody wrote down.
    "kubernetes/external-address-of-other-family",
    enforces: &[&matrix::kubernetes::UNCHECKED_ADDRESSES],
    applies_to: &[Kind::Service],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    only_if_allowed: true,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    let spec = service.spec();
    let (ranges, ips) = (spec.at("loadBalancerSourceRanges"), spec.at("externalIPs"));
    if cx.profile.ako_in_play || ranges.items().chain(ips.items()).next().is_none() {
        return Ok(());
    }
    let families = cx.service_families();
    if !families.known || spec.at("ipFamilyPolicy").text() == "PreferDualStack" {
        return Ok(());
    }
    let of_range = ranges.items().filter_map(|node| Some((node, family(&parse(node.text().trim())?))));
    let of_ip = ips.items().filter_map(|node| Some((node, family_of(node.text())?)));
    for (node, family) in of_range.chain(of_ip) {
        if !families.set().contains(family) {
            let message =
                format!("the entry {} is {family}, but the Service is {}", node.text(), families.set());
            out.push(
                Finding::at(service, node, CauseKind::Invalid, message)
                    .because("it is accepted, and never matches any traffic")
                    .remedy(format!("write {} ones, or make the Service dual-stack", families.set())),
            );
        }
    }
    Ok(())
}
