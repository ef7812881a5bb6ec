//! Which hosts are served with TLS, and whether their certificate is there.

use super::world::World;
use crate::model::{Kind, Object, Release};

/// Annotation that gives an Ingress AKO's default certificate.
const DEFAULT_CERTIFICATE: &str = "ako.vmware.com/enable-tls";
/// Name of that certificate's Secret, in AKO's namespace.
const DEFAULT_SECRET: &str = "router-certs-default";

/// First release whose HostRules can make regular expressions of paths.
const REGEX_PATHS: Release = Release::new(1, 13, 1);

/// How a host is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Security {
    /// Without TLS.
    Plain,
    /// With TLS, ended by the load balancer.
    Secure,
    /// With TLS, and without the certificate: AKO builds neither child nor pool.
    WithoutCertificate,
}

/// How a host of an Ingress is served.
pub(super) fn of_ingress(world: &World<'_>, ingress: Object<'_>, host: &str) -> Security {
    if let Some(security) = of_host_rule(world, host) {
        return security;
    }
    if ingress.annotation(DEFAULT_CERTIFICATE).text().eq_ignore_ascii_case("true") {
        return of_secret(world, &world.view.profile.ako_namespace.value, DEFAULT_SECRET);
    }
    let mut entries = ingress.spec().at("tls").items();
    let entry = entries.find(|entry| entry.at("hosts").items().any(|named| named.text() == host));
    match entry {
        Some(entry) => of_secret(world, ingress.namespace(), entry.at("secretName").text()),
        None => Security::Plain,
    }
}

/// How a Route that ends TLS at the load balancer is served.
pub(super) fn of_route(world: &World<'_>, route: Object<'_>) -> Security {
    if let Some(security) = of_host_rule(world, route.spec().at("host").text()) {
        return security;
    }
    let tls = route.spec().at("tls");
    let is_complete = !tls.at("certificate").text().is_empty() && !tls.at("key").text().is_empty();
    if is_complete {
        return Security::Secure;
    }
    of_secret(world, &world.view.profile.ako_namespace.value, DEFAULT_SECRET)
}

/// Whether a HostRule makes regular expressions of the paths of a host (code only).
pub(super) fn has_regex_paths(world: &World<'_>, host: &str) -> bool {
    let uses = |rule: Object<'_>| rule.spec().at("virtualhost").at("useRegex").as_bool() == Some(true);
    world.release >= REGEX_PATHS && world.host_rule(host).is_some_and(uses)
}

/// How a host is served whose HostRule brings a certificate; `None` where none does.
pub(super) fn of_host_rule(world: &World<'_>, host: &str) -> Option<Security> {
    let rule = world.host_rule(host)?;
    let certificate = rule.spec().at("virtualhost").at("tls").at("sslKeyCertificate");
    let name = certificate.at("name").text();
    if name.is_empty() {
        return None;
    }
    // what is no Secret is an object of the controller
    let is_secret = certificate.at("type").text() == "secret";
    Some(if is_secret { of_secret(world, rule.namespace(), name) } else { Security::Secure })
}

fn of_secret(world: &World<'_>, namespace: &str, name: &str) -> Security {
    let found = world.view.find(Kind::Secret, namespace, name);
    let found = found.map(|secret| secret.is_some());
    let meaning = "the certificates of TLS hosts are assumed to be there";
    if world.known(found, true, meaning) { Security::Secure } else { Security::WithoutCertificate }
}
