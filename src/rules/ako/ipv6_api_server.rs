use crate::facts::ako::release::is_ako;
use crate::model::IpFamily;
use crate::model::address::{Address, classify};
use crate::rule::prelude::*;

rule! {
    /// Kubernetes API server reached over IPv6 before AKO 1.12.1
    ///
    /// ## Why
    ///
    /// Before 1.12.1 AKO supports talking to the Kubernetes API server over IPv4 only. Nothing in AKO checks it.
    /// The address is what Kubernetes puts into `KUBERNETES_SERVICE_HOST`: the cluster IP of the Service
    /// default/kubernetes, unless AKO's StatefulSet says otherwise. That Service has an address of the first Service
    /// range; where it is not among the inputs, the document that builds the cluster tells the range.
    ///
    /// ## What to do instead
    ///
    /// Let AKO reach the API server by an IPv4 address, which needs a cluster whose first family is IPv4 or the
    /// variable set to an IPv4 address, or move to AKO 1.12.1 or later.
    ///
    /// ## Not reported
    ///
    /// A variable that holds a DNS name, or whose value comes from elsewhere. StatefulSets that are not AKO's.
    "ako/ipv6-api-server",
    enforces: &[&matrix::ako::API_SERVER_ADDRESS],
    applies_to: &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues, Kind::StatefulSet],
    reads: &[Kind::Service],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    if cx.era().has_dual_stack() {
        return Ok(());
    }
    let (subject, namespace) = (cx.subject(), &cx.profile.ako_namespace.value);
    let release = &cx.profile.ako.text;
    let mut blame = |field: Node<'_>, message: String| {
        out.push(
            Finding::at(subject, field, CauseKind::NotSupported, message)
                .because("AKO would watch the API server over IPv6, which this release does not support")
                .remedy("let AKO reach the API server over IPv4, or move to AKO 1.12.1 or later"),
        );
    };
    if let Some(config) = Config::of(subject, namespace) {
        let found = cx.find(Kind::Service, "default", "kubernetes");
        let ranges = cx.profile.documented.services.as_ref();
        let fact = match (found, ranges) {
            (Ok(Some(service)), _) => {
                let address = first_cluster_ip(service);
                is_ipv6(address).then(|| format!("the Service default/kubernetes has the address {address}"))
            }
            (_, Some(said)) => {
                let is_first = said.value.first() == Some(&IpFamily::V6);
                is_first.then(|| format!("{} gives the cluster an IPv6 range for Services first", said.by))
            }
            (Err(unknown), None) => return Err(unknown),
            (Ok(None), None) => None,
        };
        if let Some(fact) = fact {
            let claim = format!("AKO {release} talks to the Kubernetes API server over IPv4 only");
            blame(config.section(), format!("{claim}; {fact}"));
        }
    } else if is_ako(subject) && subject.namespace() == namespace {
        let containers = subject.spec().at("template").at("spec").at("containers");
        let variables = containers.items().flat_map(|container| container.at("env").items());
        let hosts = variables.filter(|variable| variable.at("name").text() == "KUBERNETES_SERVICE_HOST");
        for value in hosts.map(|variable| variable.at("value")).filter(|value| is_ipv6(value.text())) {
            blame(value, format!("AKO {release} talks to the Kubernetes API server over IPv4 only"));
        }
    }
    Ok(())
}

/// The address that Pods are given for a Service: the first one.
fn first_cluster_ip(service: Object<'_>) -> &str {
    match service.spec().at("clusterIP").text() {
        "" => service.spec().at("clusterIPs").items().next().map_or("", Node::text),
        address => address,
    }
}

fn is_ipv6(text: &str) -> bool {
    matches!(classify(text), Address::V6(_) | Address::Bracketed(_) | Address::Zoned)
}
