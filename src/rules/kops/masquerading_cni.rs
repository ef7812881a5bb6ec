use crate::facts::kops::Format;
use crate::rule::prelude::*;

rule! {
    /// CNI of an IPv6 cluster that masquerades
    ///
    /// ## Why
    ///
    /// Pods of an IPv6 cluster have addresses that are valid everywhere, and CNIs must not hide them behind
    /// those of the nodes. kOps has masquerading off unless somebody turns it on, and does not look whether
    /// somebody did. The field is `masquerade` for Cilium in v1alpha3, `disableMasquerade`, its opposite, in
    /// v1alpha2, and `masquerade.enabled` for kindnet.
    ///
    /// ## What to do instead
    ///
    /// Leave the field out.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters. What is set inside a CNI that somebody installs.
    "kops/masquerading-cni",
    enforces: &[&matrix::kops::MASQUERADING],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(cluster) = cx.kops_ipv6_cluster() else {
        return Ok(());
    };
    let cilium = match cluster.format {
        Format::V1Alpha2 => (cluster.cni("cilium").at("disableMasquerade"), false),
        Format::V1Alpha3 => (cluster.cni("cilium").at("masquerade"), true),
    };
    let kindnet = (cluster.cni("kindnet").at("masquerade").at("enabled"), true);
    for (field, on) in [cilium, kindnet] {
        if field.as_bool() != Some(on) {
            continue;
        }
        out.push(
            Finding::at(
                cx.subject(),
                field,
                CauseKind::Forbidden,
                format!("{} = {on} makes the CNI of an IPv6 cluster masquerade", field.key()),
            )
            .because("traffic of Pods would hide behind the addresses of nodes, which kOps does not notice")
            .remedy(format!("leave {} out", field.key())),
        );
    }
    Ok(())
}
