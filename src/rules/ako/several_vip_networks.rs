use crate::model::Cloud;
use crate::rule::prelude::*;

rule! {
    /// Several VIP networks in one list outside AWS
    ///
    /// ## Why
    ///
    /// Only on AWS may AKO use several VIP networks. Anywhere else a second entry in its own configuration ends AKO,
    /// whose Pod restarts for ever; of an AviInfraSetting it silently uses the first entry only. So a list with one
    /// network for IPv4 and one for IPv6 does not give dual-stack VIPs.
    ///
    /// ## What to do instead
    ///
    /// Put `cidr` and `v6cidr` into one entry. For a second network make an AviInfraSetting and let the workloads
    /// that need it select it.
    ///
    /// ## Not reported
    ///
    /// A cloud that nobody declared to ako-gate: another rule warns.
    "ako/several-vip-networks",
    enforces: &[&matrix::ako::VIP_NETWORK_COUNT],
    applies_to: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::AviInfraSetting],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(cloud) = cx.profile.cloud.as_ref().filter(|cloud| cloud.value != Cloud::Aws) else {
        return Ok(());
    };
    let Some(written) = cx.written() else {
        return Ok(());
    };
    let count = written.networks.list().len();
    if count < 2 {
        return Ok(());
    }
    let consequence = match cx.subject().kind() {
        Some(Kind::AviInfraSetting) => {
            "AKO would use the first network and ignore the others without saying so"
        }
        _ => "AKO would refuse its configuration and restart for ever",
    };
    out.push(
        Finding::at(
            cx.subject(),
            written.list,
            CauseKind::TooMany,
            format!("{count} VIP networks, where AKO takes one on {}", cloud.text),
        )
        .because(consequence)
        .remedy("put cidr and v6cidr into one entry; give other networks AviInfraSettings of their own"),
    );
    Ok(())
}
