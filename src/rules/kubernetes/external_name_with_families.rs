use crate::facts::service::resolution::is_external_name;
use crate::rule::prelude::*;

rule! {
    /// ExternalName Service with families or cluster IPs
    ///
    /// ## Why
    ///
    /// An ExternalName Service is a name in DNS: it has no address, and so no family, policy or cluster IP.
    /// The API server refuses these fields on it.
    ///
    /// ## What to do instead
    ///
    /// Remove `ipFamilies`, `ipFamilyPolicy`, `clusterIP` and `clusterIPs`.
    ///
    /// ## Not reported
    ///
    /// An update to ExternalName that leaves the fields as they were: the API server clears them.
    "kubernetes/external-name-with-families",
    enforces: &[&matrix::kubernetes::EXTERNAL_NAME],
    applies_to: &[Kind::Service],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let service = cx.subject();
    if !cx.is_external_name() || cx.kubernetes().minor < 20 {
        return Ok(());
    }
    let spec = service.spec();
    let was = cx.old.filter(|old| !is_external_name(*old)).map(Object::spec);
    for field in ["ipFamilies", "ipFamilyPolicy", "clusterIPs", "clusterIP"].map(|key| spec.at(key)) {
        let is_policy = field.key() == "ipFamilyPolicy";
        let empty =
            field.is_nothing() || (!is_policy && field.text().is_empty() && field.items().next().is_none());
        // without a list the old Service's only address goes with the type
        let is_alone = field.key() == "clusterIP";
        let cleared = was.is_some_and(|was| is_alone || was.at(field.key()).same_as(field));
        // clusterIP is the first of clusterIPs: one finding is enough
        let again = field.key() == "clusterIP" && spec.at("clusterIPs").items().next().is_some();
        if empty || cleared || again {
            continue;
        }
        let message = format!("an ExternalName Service has no {}", field.key());
        out.push(
            Finding::at(service, field, CauseKind::Forbidden, message)
                .because("the API server refuses the Service")
                .remedy(format!("remove {}", field.key())),
        );
    }
    Ok(())
}
