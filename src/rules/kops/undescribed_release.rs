use crate::facts::profile::NEWEST_KOPS;
use crate::rule::prelude::*;

rule! {
    /// A kOps release that nobody has described yet
    ///
    /// ## Why
    ///
    /// What kOps takes has changed with many releases. This one is newer than any whose behaviour is written down in ako-gate;
    /// it is judged as the newest one that is, and may differ.
    ///
    /// ## What to do instead
    ///
    /// Look for a newer ako-gate. Until there is one, read the release's own notes before relying on what the gate says.
    ///
    /// ## Not reported
    ///
    /// Newer third numbers of release lines that are described. Clusters without IPv6.
    "kops/undescribed-release",
    enforces: &[&matrix::kops::DESCRIBED_RELEASES],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let kops = &cx.profile.kops;
    let newest = (NEWEST_KOPS.major, NEWEST_KOPS.minor);
    if (kops.value.major, kops.value.minor) <= newest || cx.kops_ipv6_cluster().is_none() {
        return Ok(());
    }
    out.push(
        Finding::at(
            cx.subject(),
            cx.subject().at_key("apiVersion"),
            CauseKind::NotSupported,
            format!("kOps {} is newer than any release ako-gate describes", kops.text),
        )
        .because("it is judged as the newest release described, from which it may differ")
        .remedy("look for a newer ako-gate, and read the release notes until there is one"),
    );
    Ok(())
}
