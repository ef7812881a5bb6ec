use crate::facts::kops::Format;
use crate::matrix::kops::release;
use crate::rule::prelude::*;

rule! {
    /// external-dns in an IPv6 cluster of kOps 1.26
    ///
    /// ## Why
    ///
    /// kOps 1.26 refuses external-dns in IPv6 clusters, because it did not write AAAA records. From 1.27 on it
    /// does.
    ///
    /// ## What to do instead
    ///
    /// Leave the provider out, so that dns-controller is used, or use kOps 1.27.
    ///
    /// ## Not reported
    ///
    /// Other releases of kOps: earlier ones get a warning from another rule.
    "kops/external-dns-in-ipv6-cluster",
    enforces: &[&matrix::kops::EXTERNAL_DNS],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let release = cx.profile.kops.value;
    if release < release::NO_EXTERNAL_DNS || release >= release::EXTERNAL_DNS {
        return Ok(());
    }
    let Some(cluster) = cx.kops_ipv6_cluster() else {
        return Ok(());
    };
    let key = match cluster.format {
        Format::V1Alpha2 => "externalDns",
        Format::V1Alpha3 => "externalDNS",
    };
    let provider = cluster.spec().at(key).at("provider");
    if provider.text() != "external-dns" {
        return Ok(());
    }
    out.push(
        Finding::at(
            cx.subject(),
            provider,
            CauseKind::NotSupported,
            format!("external-dns is refused in IPv6 clusters of kOps {}", cx.profile.kops.text),
        )
        .because("kOps would refuse the cluster")
        .remedy("leave the provider out, or use kOps 1.27 or later"),
    );
    Ok(())
}
