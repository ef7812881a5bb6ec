use crate::facts::ako::handled::Handled;
use crate::facts::ako::pool::PoolSource;
use crate::rule::prelude::*;

rule! {
    /// ClusterIP Service behind an Ingress in NodePort mode
    ///
    /// ## Why
    ///
    /// With `serviceType: NodePort` AKO reaches Services by the node ports they have. One of type ClusterIP has none: its
    /// pool stays empty, with a line in AKO's log at the level Debug. The Ingress gets an address and answers with an
    /// error.
    ///
    /// ## What to do instead
    ///
    /// Make the Service one of type NodePort, or run AKO with `serviceType: ClusterIP`.
    ///
    /// ## Not reported
    ///
    /// Backends that do not exist (yet), Services of type ExternalName, and Ingresses that AKO leaves alone.
    "ako/backend-without-node-port",
    enforces: &[&matrix::ako::FAMILY_SOURCE],
    applies_to: &[Kind::Ingress, Kind::Service],
    reads: &[
        Kind::ConfigMap,
        Kind::AKOConfig,
        Kind::HelmValues,
        Kind::Namespace,
        Kind::IngressClass,
        Kind::Ingress,
        Kind::Service,
    ],
    action: Warn,
    since: "0.1.0",
    check: check,
}

const EMPTY: &str = "its pool stays empty; the Ingress gets an address all the same";
const REMEDY: &str = "use a Service of type NodePort, or serviceType ClusterIP in AKO's configuration";

fn has_no_node_port(service: Object<'_>) -> bool {
    matches!(service.spec().at("type").text(), "" | "ClusterIP")
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let subject = cx.subject();
    let is_service = subject.kind() == Some(Kind::Service);
    if is_service && !has_no_node_port(subject) || cx.pool_source()? != PoolSource::Nodes {
        return Ok(());
    }
    if is_service {
        let Some(ingress) = cx.handled_ingress_of(subject)? else { return Ok(()) };
        let message = format!(
            "AKO works with node ports, and this Service, used by Ingress {}, has none",
            ingress.name()
        );
        let kind = subject.spec().at("type");
        let finding = if kind.is_nothing() {
            Finding::missing(subject, subject.spec(), "type", message)
        } else {
            Finding::at(subject, kind, CauseKind::NotSupported, message)
        };
        out.push(finding.because(EMPTY).remedy(REMEDY));
        return Ok(());
    }
    if cx.handles_ingress(subject)? != Handled::Yes {
        return Ok(());
    }
    for name in subject.backends() {
        let found = cx.find(Kind::Service, subject.namespace(), name.text())?;
        if found.is_some_and(has_no_node_port) {
            let message = "AKO works with node ports, and this Service of type ClusterIP has none";
            out.push(
                Finding::at(subject, name, CauseKind::NotSupported, message).because(EMPTY).remedy(REMEDY),
            );
        }
    }
    Ok(())
}
