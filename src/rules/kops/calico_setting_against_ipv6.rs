use crate::rule::prelude::*;

rule! {
    /// Calico setting that IPv6 rules out
    ///
    /// ## Why
    ///
    /// In IPv6 clusters Calico runs without encapsulation, leaves the source check of the instances alone and
    /// does not encrypt. kOps refuses `encapsulationMode` other than `none`, `awsSrcDstCheck` other than
    /// `DoNothing`, and `wireguardEnabled`.
    ///
    /// ## What to do instead
    ///
    /// Leave the three fields out: their defaults are right.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters.
    "kops/calico-setting-against-ipv6",
    enforces: &[&matrix::kops::CALICO_SETTINGS],
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
    let calico = cluster.cni("calico");
    let encapsulation = calico.at("encapsulationMode");
    let source_check = calico.at("awsSrcDstCheck");
    let wireguard = calico.at("wireguardEnabled");
    let wrong = [
        (encapsulation, !matches!(encapsulation.text(), "" | "none"), "none"),
        (source_check, !matches!(source_check.text(), "" | "DoNothing"), "DoNothing"),
        (wireguard, wireguard.as_bool() == Some(true), "false"),
    ];
    for (field, _, right) in wrong.into_iter().filter(|(_, is_wrong, _)| *is_wrong) {
        out.push(
            Finding::at(
                cx.subject(),
                field,
                CauseKind::NotSupported,
                format!(
                    "{:?} is not supported for {} of Calico in an IPv6 cluster",
                    field.text(),
                    field.key()
                ),
            )
            .because("kOps would refuse the cluster")
            .remedy(format!("leave {} out or set it to {right}", field.key())),
        );
    }
    Ok(())
}
