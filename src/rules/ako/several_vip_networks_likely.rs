use crate::rule::prelude::*;

rule! {
    /// Several VIP networks in one list on a cloud nobody declared
    ///
    /// ## Why
    ///
    /// Only on AWS may AKO use several VIP networks. Anywhere else a second entry in its own configuration ends AKO,
    /// whose Pod restarts for ever; of an AviInfraSetting it silently uses the first entry only. Which cloud AKO
    /// works with stands in no object, so that ako-gate cannot tell unless somebody declares it.
    ///
    /// ## What to do instead
    ///
    /// Declare the cloud (`akoCloud` in the settings' `profile`, or `--profile akoCloud=...`). If it is not AWS, put
    /// `cidr` and `v6cidr` into one entry.
    ///
    /// ## Not reported
    ///
    /// A declared cloud: several networks are then refused or, on AWS, allowed.
    "ako/several-vip-networks-likely",
    enforces: &[&matrix::ako::VIP_NETWORK_COUNT],
    applies_to: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::AviInfraSetting],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if cx.profile.cloud.is_some() {
        return Ok(());
    }
    let Some(written) = cx.written() else {
        return Ok(());
    };
    let count = written.networks.list().len();
    if count < 2 {
        return Ok(());
    }
    out.push(
        Finding::at(
            cx.subject(),
            written.list,
            CauseKind::TooMany,
            format!(
                "{count} VIP networks, where AKO takes one unless its cloud is AWS; the cloud is not declared"
            ),
        )
        .because("on any other cloud AKO would not start, or would ignore all but the first network")
        .remedy("declare the cloud (profile akoCloud), or put cidr and v6cidr into one entry"),
    );
    Ok(())
}
