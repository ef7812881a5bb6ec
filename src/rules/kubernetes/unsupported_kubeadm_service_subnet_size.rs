use crate::facts::cluster::range::Ranges;
use crate::rule::prelude::*;

rule! {
    /// Service subnet of a size that kubeadm refuses
    ///
    /// ## Why
    ///
    /// kubeadm takes Service subnets of 10 addresses to 20 host bits. It still does in 1.36, although the API
    /// server dropped the upper limit in 1.34.
    ///
    /// ## What to do instead
    ///
    /// Choose a subnet from /12 to /28 for IPv4 and from /108 to /124 for IPv6.
    ///
    /// ## Not reported
    ///
    /// Subnets that are malformed, of which another rule speaks.
    "kubernetes/unsupported-kubeadm-service-subnet-size",
    enforces: &[&matrix::kubernetes::KUBEADM_SIZES],
    applies_to: &[Kind::ClusterConfiguration],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

/// Most host bits of a subnet.
const MOST: u8 = 20;
/// Fewest host bits: the first power of two that holds 10 addresses.
const FEWEST: u8 = 4;

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let field = cx.subject().at_key("networking").at("serviceSubnet");
    let subnets = Ranges::read(field.text());
    if subnets.fault().is_some() {
        return Ok(());
    }
    for subnet in subnets.nets() {
        let bits = subnet.max_prefix_len() - subnet.prefix_len();
        if (FEWEST..=MOST).contains(&bits) {
            continue;
        }
        let message =
            format!("the subnet {subnet} has {bits} host bits, and kubeadm wants {FEWEST} to {MOST}");
        out.push(
            Finding::at(cx.subject(), field, CauseKind::Invalid, message)
                .because("kubeadm would refuse the configuration, whatever the API server takes")
                .remedy("choose a subnet from /12 to /28 for IPv4, from /108 to /124 for IPv6"),
        );
    }
    Ok(())
}
