use crate::rule::prelude::*;

rule! {
    /// IPv6 asked for on a cloud nobody declared
    ///
    /// ## Why
    ///
    /// Whether AKO has IPv6 depends on the kind of cloud it works with, which AKO asks the Avi controller for: no
    /// object in the cluster says it. On the wrong one AKO does not start with a `v6cidr`, and silently keeps its
    /// pools IPv4 whatever `ipFamily` says. Without a declaration ako-gate can neither allow nor refuse it.
    ///
    /// ## What to do instead
    ///
    /// Declare the cloud: `akoCloud: CLOUD_VCENTER` in the settings' `profile`, or `--profile akoCloud=...`.
    ///
    /// ## Not reported
    ///
    /// A configuration that asks for IPv6 nowhere.
    "ako/ipv6-on-undeclared-cloud",
    enforces: &[&matrix::ako::IPV6_CLOUDS],
    applies_to: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::AviInfraSetting],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if cx.cloud_support().is_some() {
        return Ok(());
    }
    let Some(written) = cx.written() else {
        return Ok(());
    };
    let release = &cx.profile.ako.text;
    for field in written.ipv6_fields() {
        out.push(
            Finding::at(
                cx.subject(),
                field,
                CauseKind::NotSupported,
                format!("AKO {release} has IPv6 on some clouds only, and the cloud is not declared"),
            )
            .because(
                "on a cloud without IPv6 this stops AKO, is ignored, or leaves objects without an address",
            )
            .remedy("declare the cloud: profile akoCloud, for example CLOUD_VCENTER"),
        );
    }
    Ok(())
}
