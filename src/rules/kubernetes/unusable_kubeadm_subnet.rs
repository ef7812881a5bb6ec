use crate::facts::cluster::range::{Ranges, without_blanks};
use crate::rule::prelude::*;

rule! {
    /// Subnets that kubeadm refuses
    ///
    /// ## Why
    ///
    /// kubeadm wants one subnet, or one of each family, in `podSubnet` and in `serviceSubnet`, and refuses
    /// anything else before it sets up a cluster.
    ///
    /// ## What to do instead
    ///
    /// Write one subnet, or one IPv4 and one IPv6 subnet with a comma between them.
    ///
    /// ## Not reported
    ///
    /// Subnets left empty. What two subnets ask of the gate to 1.22, and their sizes: other rules speak of
    /// these.
    "kubernetes/unusable-kubeadm-subnet",
    enforces: &[&matrix::kubernetes::KUBEADM_SUBNETS],
    applies_to: &[Kind::ClusterConfiguration],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let networking = cx.subject().at_key("networking");
    for field in ["podSubnet", "serviceSubnet"].map(|key| networking.at(key)) {
        if field.text().is_empty() {
            continue;
        }
        if let Some(fault) = Ranges::read(field.text()).fault() {
            let message = format!("kubeadm's {} {}", field.key(), fault.explain());
            out.push(
                Finding::at(cx.subject(), field, CauseKind::Invalid, message)
                    .because("kubeadm would refuse the configuration")
                    .remedy("write one subnet, or one of each family with a comma between them")
                    .meant(without_blanks(field.text())),
            );
        }
    }
    Ok(())
}
