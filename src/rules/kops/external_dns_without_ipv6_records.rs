use crate::facts::kops::Format;
use crate::matrix::kops::release;
use crate::rule::prelude::*;

rule! {
    /// external-dns that writes no IPv6 records
    ///
    /// ## Why
    ///
    /// The external-dns of kOps 1.25 and earlier writes no AAAA records, so that names of an IPv6 cluster do
    /// not resolve.
    ///
    /// ## What to do instead
    ///
    /// Leave the provider out, so that dns-controller is used, or use kOps 1.27.
    ///
    /// ## Not reported
    ///
    /// kOps 1.26, which refuses it, and later releases, where it works.
    "kops/external-dns-without-ipv6-records",
    enforces: &[&matrix::kops::EXTERNAL_DNS],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if cx.profile.kops.value >= release::NO_EXTERNAL_DNS {
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
            format!("external-dns writes no AAAA records in kOps {}", cx.profile.kops.text),
        )
        .because("names of Services with IPv6 addresses would not resolve")
        .remedy("leave the provider out, or use kOps 1.27 or later"),
    );
    Ok(())
}
