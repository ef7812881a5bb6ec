use crate::facts::ako::handled::Handled;
use crate::facts::ako::pool::PoolSource;
use crate::model::Families;
use crate::rule::prelude::*;

rule! {
    /// Dual-stack LoadBalancer Service of which AKO takes one family only
    ///
    /// ## Why
    ///
    /// From 1.12.1 AKO takes the servers of a pool from the families of the Service, as far as `ipFamily`
    /// allows them. The other family's servers are left out with a line in AKO's log. Where AKO fills pools
    /// from Endpoints (1.12.x, and 1.13.x with `enableEndpointSlice` off) it is worse: these carry the
    /// Service's first family only, and if that is the one left out, the pool stays empty.
    ///
    /// ## What to do instead
    ///
    /// Make the Service single-stack, put the family AKO takes first, or set `ipFamily` to `V4_V6` on a cloud
    /// with IPv6 and restart AKO.
    ///
    /// ## Not reported
    ///
    /// Services none of whose families fits: another rule refuses them. Releases before 1.12.1, and Services
    /// that AKO leaves alone.
    "ako/load-balancer-partly-outside-pool-family",
    enforces: &[&matrix::ako::FAMILY_SOURCE],
    applies_to: &[Kind::Service],
    reads: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::Namespace],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    if !cx.era().has_dual_stack() {
        return Ok(());
    }
    let families = cx.service_families();
    if !families.set().is_dual() || cx.handles_service(service)? != Handled::Yes {
        return Ok(());
    }
    let effective = cx.effective_families()?;
    let Some((family, field)) = families.first_outside(effective) else {
        return Ok(());
    };
    if families.within(effective) == Families::NONE {
        return Ok(());
    }
    let first_is_lost = families.primary() == Some(family);
    let consequence = if first_is_lost && cx.pool_source()? == PoolSource::Endpoints {
        format!(
            "the pool stays empty: AKO reads Endpoints, and only the first family, {family}, arrives there"
        )
    } else {
        format!("the pool holds {effective} servers only, with no more than a line in AKO's log")
    };
    let or_set = if cx.ip_family_counts() { ", or set AKO's ipFamily to V4_V6 and restart AKO" } else { "" };
    let message = format!(
        "AKO {} takes {effective} servers only and leaves this Service's {family} ones out",
        cx.profile.ako.text,
    );
    out.push(
        Finding::at(service, field, CauseKind::NotSupported, message)
            .because(consequence)
            .remedy(format!("make the Service single-stack {effective}{or_set}")),
    );
    Ok(())
}
