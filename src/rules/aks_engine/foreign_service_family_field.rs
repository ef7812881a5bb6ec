use crate::facts::aks_engine::Cluster;
use crate::rule::prelude::*;

rule! {
    /// Family field that the cluster's Services do not have
    ///
    /// ## Why
    ///
    /// Services have `spec.ipFamilies` and `spec.ipFamilyPolicy` from Kubernetes 1.20 on. On 1.16 to 1.19
    /// there is `spec.ipFamily` instead, with one family. A field that the API server does not know is
    /// dropped, and the Service gets the cluster's first family.
    ///
    /// ## What to do instead
    ///
    /// On Kubernetes 1.16 to 1.19 write `ipFamily: IPv6`, from 1.20 on `ipFamilies: [IPv6]`.
    ///
    /// ## Not reported
    ///
    /// Clusters that are not AKS Engine's, and such without IPv6: this rule looks at the one model among the
    /// inputs, else at a profile that states `aksEngine` and `kubernetes`.
    "aks-engine/foreign-service-family-field",
    enforces: &[&matrix::aks_engine::SERVICE_FAMILY_FIELDS],
    applies_to: &[Kind::Service],
    reads: &[Kind::ApiModel],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    let fields = ["ipFamily", "ipFamilies", "ipFamilyPolicy"].map(|key| service.spec().at(key));
    if fields.iter().all(|field| field.is_nothing()) {
        return Ok(());
    }
    let Some(cluster) = Cluster::of(cx)? else {
        return Ok(());
    };
    let version = &cluster.kubernetes;
    let is_new = version.is_at_least(20);
    let (remedy, foreign) = if is_new {
        ("use spec.ipFamilies and spec.ipFamilyPolicy", ["ipFamily"].as_slice())
    } else {
        ("use spec.ipFamily with one family", ["ipFamilies", "ipFamilyPolicy"].as_slice())
    };
    for field in fields.into_iter().filter(|field| !field.is_nothing() && foreign.contains(&field.key())) {
        let message = format!("Services of Kubernetes {version} have no field {}", field.key());
        out.push(
            Finding::at(service, field, CauseKind::NotSupported, message)
                .because("the API server would drop it, and the Service would get the cluster's first family")
                .remedy(remedy),
        );
    }
    Ok(())
}
