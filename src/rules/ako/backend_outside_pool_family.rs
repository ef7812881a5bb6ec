use crate::facts::ako::handled::Handled;
use crate::facts::ako::pool::can_fill_pool;
use crate::facts::service::ServiceFamilies;
use crate::model::Families;
use crate::rule::prelude::*;

rule! {
    /// Ingress backend of a family that AKO leaves out of pools
    ///
    /// ## Why
    ///
    /// AKO fills pools with the families that `ipFamily` allows, on a cloud without IPv6 with IPv4 only.
    /// Before 1.13.1 it reads Endpoints, which hold a Service's first family and no other. A backend that
    /// offers none of the allowed families gives a pool without a server that works. AKO does not say so: the
    /// Ingress gets an address and answers with an error.
    ///
    /// ## What to do instead
    ///
    /// Point the path at a Service of a family AKO works with, put that family first in the Service's
    /// `ipFamilies`, or change AKO's `ipFamily` and restart it. The family of the VIP plays no part: an IPv6
    /// VIP over IPv4 servers is fine.
    ///
    /// ## Not reported
    ///
    /// Backends that do not exist (yet), `spec.defaultBackend`, which AKO never reads, Services of type
    /// ExternalName, and Ingresses that AKO leaves alone: of another class, in a namespace it does not look
    /// at, or on OpenShift.
    "ako/backend-outside-pool-family",
    enforces: &[&matrix::ako::FAMILY_SOURCE],
    applies_to: &[Kind::Ingress],
    reads: &[
        Kind::ConfigMap,
        Kind::AKOConfig,
        Kind::HelmValues,
        Kind::Namespace,
        Kind::IngressClass,
        Kind::Service,
    ],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let ingress = cx.subject();
    let mut backends = ingress.backends().filter(|name| !name.text().is_empty()).peekable();
    if backends.peek().is_none() || cx.handles_ingress(ingress)? != Handled::Yes {
        return Ok(());
    }
    let mut decided = Ok(());
    for name in backends {
        // one backend nobody looked at must not hide what is wrong with the next
        match check_backend(cx, ingress, name) {
            Ok(finding) => finding.into_iter().for_each(|finding| out.push(finding)),
            Err(unknown) => decided = Err(unknown),
        }
    }
    decided
}

fn check_backend(cx: &Context<'_>, ingress: Object<'_>, name: Node<'_>) -> Result<Option<Finding>, Unknown> {
    let service = cx.find(Kind::Service, ingress.namespace(), name.text())?;
    let Some(service) = service.filter(|service| can_fill_pool(*service)) else {
        return Ok(None);
    };
    let families = ServiceFamilies::of(service, cx.profile);
    if cx.pool_families(&families)? != Families::NONE {
        return Ok(None);
    }
    let (effective, offered) = (cx.effective_families()?, cx.offered_families(&families)?);
    let message = format!(
        "AKO {} takes {effective} servers only, and this Service brings {offered} to the pool",
        cx.profile.ako.text,
    );
    let or_change = if cx.ip_family_counts() { ", or change AKO's ipFamily and restart AKO" } else { "" };
    let finding = Finding::at(ingress, name, CauseKind::NotSupported, message)
        .because("the pool of this path gets no server that works; the Ingress gets an address all the same")
        .remedy(format!("use a Service with {effective} first{or_change}"));
    Ok(Some(finding))
}
