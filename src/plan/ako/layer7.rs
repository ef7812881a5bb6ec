//! Virtual services of Ingresses and Routes (R@*:internal/nodes/avi_model_l7_hostname_shard.go, validator.go).

use std::collections::BTreeMap;

use super::backend::{Backend, supply};
use super::graph::Graph;
use super::names::{LONGEST, Place, PoolForm, Shards};
use super::network::{self, Applied};
use super::tls::{self, Security};
use super::world::World;
use super::{Layer, Only, Pool, VipOf, VirtualService, pool};
use crate::facts::ako::handled::Handled;
use crate::facts::ako::vip::AVI_LB;
use crate::model::{Kind, Node, Object, ObjectRef};

/// Annotation of an Ingress whose hosts keep their TLS.
const PASSTHROUGH: &str = "passthrough.ako.vmware.com/enabled";

/// A path of a host, and what stands behind it.
struct Path<'a> {
    path: &'a str,
    backend: Backend<'a>,
}

/// A host of an Ingress or Route.
struct Host<'a> {
    owner: Object<'a>,
    name: &'a str,
    paths: Vec<Path<'a>>,
    /// The form it takes without TLS and with it; a Route may have both.
    served: Vec<Security>,
    /// Whether its TLS is passed through, and whether a plain request is redirected then.
    passthrough: Option<bool>,
}

pub(super) fn build(world: &World<'_>, only: Only<'_>, graph: &mut Graph) {
    classes(world);
    for owner in owners(world, only) {
        let is_route = owner.kind() == Some(Kind::Route);
        let handled =
            if is_route { world.view.handles_route(owner) } else { world.view.handles_ingress(owner) };
        match handled {
            Ok(Handled::No(why)) => graph.leave_out(owner, "", why),
            Err(unknown) => {
                let why = format!("nobody can tell whether AKO handles it: it {}", supply(&unknown));
                graph.leave_out(owner, "", why);
            }
            Ok(_) => match network::applied(world, owner) {
                Err(why) => graph.leave_out(owner, "", format!("{why}, so AKO does not build it at all")),
                Ok(applied) => {
                    let hosts =
                        if is_route { of_route(world, owner) } else { of_ingress(world, owner, graph) };
                    for host in hosts {
                        build_host(world, &applied, &host, only, graph);
                    }
                }
            },
        }
    }
}

/// A class of AKO's whose parameters name no API group kills it (code only).
fn classes(world: &World<'_>) {
    for class in world.snapshot.all(Kind::IngressClass) {
        let parameters = class.spec().at("parameters");
        let is_own = class.spec().at("controller").text() == AVI_LB;
        if is_own && !parameters.is_nothing() && parameters.at("apiGroup").is_nothing() {
            world.dies(class, "spec.parameters names no apiGroup, which AKO takes for granted");
        }
    }
    let is_own = |class: Object<'_>| class.spec().at("controllerName").text() == AVI_LB;
    if world.snapshot.all(Kind::GatewayClass).any(is_own) {
        world.note("Gateways are served by a container of their own, ako-gateway-api, which is not planned");
    }
}

/// The Ingresses and Routes, by namespace and name; those of one Service where only that matters.
fn owners<'a>(world: &World<'a>, only: Only<'_>) -> Vec<Object<'a>> {
    let mut owners: Vec<Object<'a>> = match only.service {
        Some((namespace, service)) => world.snapshot.ingresses_of(namespace, service).collect(),
        None => world.snapshot.all(Kind::Ingress).collect(),
    };
    let names = |route: &Object<'_>| match only.service {
        Some((namespace, service)) => {
            let spec = route.spec();
            let others = spec.at("alternateBackends").items();
            let mut named = std::iter::once(spec.at("to")).chain(others);
            route.namespace() == namespace && named.any(|backend| backend.at("name").text() == service)
        }
        None => true,
    };
    owners.extend(world.snapshot.all(Kind::Route).filter(names));
    owners.sort_by_key(|owner| (owner.namespace(), owner.name(), owner.kind()));
    owners
}

fn of_ingress<'a>(world: &World<'a>, ingress: Object<'a>, graph: &mut Graph) -> Vec<Host<'a>> {
    let is_passthrough = ingress.annotation(PASSTHROUGH).text().eq_ignore_ascii_case("true");
    let mut hosts: BTreeMap<&str, Vec<Path<'a>>> = BTreeMap::new();
    for rule in ingress.spec().at("rules").items() {
        let host = rule.at("host").text();
        if host.is_empty() {
            let why = "AKO makes a host of the controller's DNS profile, which nobody can see from here";
            graph.leave_out(ingress, "a rule without a host", why);
            continue;
        }
        let paths = hosts.entry(host).or_default();
        for path in rule.at("http").at("paths").items() {
            let service = path.at("backend").at("service");
            if service.is_nothing() {
                graph.leave_out(ingress, path.at("path").text(), "its backend is no Service");
                continue;
            }
            let backend = Backend::of_ingress(&world.view, ingress.namespace(), service);
            paths.push(Path { path: path.at("path").text(), backend });
        }
    }
    if !ingress.spec().at("defaultBackend").is_nothing() {
        graph.leave_out(ingress, "defaultBackend", "AKO never reads it");
    }
    if !hosts.is_empty() {
        world.note(super::HOSTS_UNSEEN);
    }
    let served =
        |host: &str| if is_passthrough { Vec::new() } else { vec![tls::of_ingress(world, ingress, host)] };
    let hosts = hosts.into_iter();
    hosts
        .map(|(name, paths)| Host {
            owner: ingress,
            name,
            paths,
            served: served(name),
            passthrough: is_passthrough.then_some(true),
        })
        .collect()
}

fn of_route<'a>(world: &World<'a>, route: Object<'a>) -> Vec<Host<'a>> {
    let spec = route.spec();
    let (name, path, tls) = (spec.at("host").text(), spec.at("path").text(), spec.at("tls"));
    if name.is_empty() {
        world.note(format!("Route {}/{} has no host", route.namespace(), route.name()));
        return Vec::new();
    }
    let backend = |node: Node<'a>, port: Node<'a>| Path {
        path,
        backend: Backend::of_route(route.namespace(), node.at("name").text(), port),
    };
    let mut paths = vec![backend(spec.at("to"), spec.at("port"))];
    paths.extend(spec.at("alternateBackends").items().map(|node| backend(node, node.absent())));
    let policy = tls.at("insecureEdgeTerminationPolicy").text();
    let mut served = Vec::new();
    let mut passthrough = None;
    match tls.at("termination").text() {
        "passthrough" => passthrough = Some(policy == "Redirect"),
        "edge" | "reencrypt" => {
            served.push(tls::of_route(world, route));
            if policy == "Allow" {
                served.push(Security::Plain);
            }
        }
        _ => served.push(tls::of_host_rule(world, name).unwrap_or(Security::Plain)),
    }
    vec![Host { owner: route, name, paths, served, passthrough }]
}

fn build_host<'a>(
    world: &World<'a>,
    applied: &Applied<'a>,
    host: &Host<'a>,
    only: Only<'_>,
    graph: &mut Graph,
) {
    let name_part = applied.name_part();
    let place = Place {
        setting: &name_part,
        namespace: host.owner.namespace(),
        owner: host.owner.name(),
        host: host.name,
    };
    if let Some(redirects) = host.passthrough {
        let parent = world.names.passthrough(&place, applied.shard_size());
        if !own(world, applied, host, &parent, graph) {
            return;
        }
        if redirects {
            let sibling = format!("{parent}-insecure");
            below(host, &sibling, &parent, graph);
        }
        for path in &host.paths {
            let name = world.names.passthrough_pool(&place, path.backend.service);
            pool(world, host, path, name, &parent, only, graph);
        }
        return;
    }
    let shards = world.names.shards(applied.shard_size());
    let parent = world.names.parent(&place, shards);
    if !own(world, applied, host, &parent, graph) {
        return;
    }
    let regex = tls::has_regex_paths(world, host.name);
    for security in &host.served {
        if *security == Security::WithoutCertificate {
            graph.leave_out(host.owner, host.name, "the Secret of its certificate does not exist");
            continue;
        }
        let (secure, dedicated) = (*security == Security::Secure, shards == Shards::Dedicated);
        let child = (!dedicated && (world.names.evh || secure)).then(|| world.names.child(&place));
        if let Some(child) = &child
            && !below(host, child, &parent, graph)
        {
            continue;
        }
        let virtual_service = child.as_ref().unwrap_or(&parent);
        for path in &host.paths {
            let service = path.backend.service;
            let route = (host.owner.kind() == Some(Kind::Route)).then_some(service);
            let form = PoolForm { service, route, secure, dedicated, regex };
            let name = world.names.pool(&place, path.path, form);
            pool(world, host, path, name, virtual_service, only, graph);
        }
    }
}

fn is_too_long(host: &Host<'_>, name: &str, graph: &mut Graph) -> bool {
    let is_long = name.len() > LONGEST;
    if is_long {
        graph.leave_out(host.owner, host.name, format!("the name {name} has more than {LONGEST} bytes"));
    }
    is_long
}

/// Adds a host to the virtual service that has the VIP; whether there is one.
fn own<'a>(world: &World<'a>, applied: &Applied<'a>, host: &Host<'a>, name: &str, graph: &mut Graph) -> bool {
    serve(host, name, graph, &|| VipOf::Own(applied.vip(world, host.owner, None)))
}

/// Adds a host to a virtual service without a VIP of its own; whether there is one.
fn below(host: &Host<'_>, name: &str, parent: &str, graph: &mut Graph) -> bool {
    serve(host, name, graph, &|| VipOf::Parent(parent.to_owned()))
}

/// Adds a host to a virtual service, which is made where it is not there yet.
fn serve(host: &Host<'_>, name: &str, graph: &mut Graph, vip: &dyn Fn() -> VipOf) -> bool {
    if is_too_long(host, name, graph) {
        return false;
    }
    let virtual_service = graph.virtual_services.entry(name.to_owned()).or_insert_with(|| VirtualService {
        name: name.to_owned(),
        layer: Layer::L7,
        vip: vip(),
        owners: Vec::new(),
        hosts: Vec::new(),
    });
    let owner = host.owner.reference();
    // owners come in order, so that one that is known came last
    if virtual_service.owners.last() != Some(&owner) {
        virtual_service.owners.push(owner);
    }
    if graph.hosts.insert((name.to_owned(), host.name.to_owned())) {
        virtual_service.hosts.push(host.name.to_owned());
    }
    true
}

fn pool<'a>(
    world: &World<'a>,
    host: &Host<'a>,
    path: &Path<'a>,
    name: String,
    virtual_service: &str,
    only: Only<'_>,
    graph: &mut Graph,
) {
    let backend = &path.backend;
    if !only.wants(backend.namespace, backend.service) {
        return;
    }
    if name.len() > LONGEST {
        let part = format!("{}{}", host.name, path.path);
        graph.leave_out(host.owner, part, format!("the pool's name {name} has more than {LONGEST} bytes"));
        return;
    }
    let owner: ObjectRef = host.owner.reference();
    let filled = pool::fill(world, *backend);
    if let Some(earlier) = graph.pools.get(&name) {
        let part = format!("{}{}", host.name, path.path);
        let why = format!(
            "it takes the place of {} of {}, whose pool has the same name",
            earlier.path, earlier.owner
        );
        graph.leave_out(host.owner, part, why);
    }
    let pool = Pool {
        name: name.clone(),
        virtual_service: virtual_service.to_owned(),
        owner,
        path: format!("{}{}", host.name, path.path),
        service: format!("{}/{}", backend.namespace, backend.service),
        servers: filled.servers,
        dropped: filled.dropped,
        unanswered: filled.unanswered,
        unknown: filled.unknown,
    };
    graph.pools.insert(name, pool);
}
