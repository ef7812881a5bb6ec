use crate::rule::prelude::*;

rule! {
    /// Cilium setting that IPv6 rules out
    ///
    /// ## Why
    ///
    /// In IPv6 clusters kOps supports neither Cilium's encryption nor its address management by network
    /// interfaces, `ipam: eni`, and refuses both.
    ///
    /// ## What to do instead
    ///
    /// Leave `enableEncryption` and `ipam` out.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters.
    "kops/cilium-setting-against-ipv6",
    enforces: &[&matrix::kops::CILIUM_SETTINGS],
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
    let cilium = cluster.cni("cilium");
    let (encryption, ipam) = (cilium.at("enableEncryption"), cilium.at("ipam"));
    let wrong = [(encryption, encryption.as_bool() == Some(true)), (ipam, ipam.text() == "eni")];
    for (field, _) in wrong.into_iter().filter(|(_, is_wrong)| *is_wrong) {
        out.push(
            Finding::at(
                cx.subject(),
                field,
                CauseKind::NotSupported,
                format!("{} = {} is not supported by Cilium in an IPv6 cluster", field.key(), field.text()),
            )
            .because("kOps would refuse the cluster")
            .remedy(format!("leave {} out", field.key())),
        );
    }
    Ok(())
}
