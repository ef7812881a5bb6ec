use crate::facts::ako::vip::AVI_LB;
use crate::model::Shape;
use crate::rule::prelude::*;

rule! {
    /// Parameters of AKO's IngressClass without an apiGroup
    ///
    /// ## Why
    ///
    /// Kubernetes lets an IngressClass leave out the group of its parameters object. AKO reads the group without
    /// looking whether it is there: it dies on the first such class of its own, and again after every restart, for
    /// the whole cluster.
    ///
    /// ## What to do instead
    ///
    /// Write `apiGroup: ako.vmware.com` beside `kind: AviInfraSetting`.
    ///
    /// ## Not reported
    ///
    /// Classes of other controllers, and classes without parameters.
    "ako/ingress-class-without-api-group",
    enforces: &[&matrix::ako::CLASS_PARAMETERS],
    applies_to: &[Kind::IngressClass],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let class = cx.subject();
    let parameters = class.spec().at("parameters");
    let is_ako = class.spec().at("controller").text() == AVI_LB;
    let lacks_group = parameters.shape() == Some(Shape::Map) && parameters.at("apiGroup").is_nothing();
    if !is_ako || !lacks_group {
        return Ok(());
    }
    // what is null is written, and would be written twice
    let is_unwritten = parameters.at("apiGroup").is_absent();
    out.push(
        Finding::missing(class, parameters, "apiGroup", "AKO needs the group of its parameters object")
            .because("AKO would die when it reads this class, and again after every restart")
            .remedy("add apiGroup: ako.vmware.com")
            .fixed_by(is_unwritten.then_some(Fix::Entry("apiGroup", Some("ako.vmware.com")))),
    );
    Ok(())
}
