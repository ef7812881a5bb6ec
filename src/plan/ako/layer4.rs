//! Virtual services of LoadBalancer Services.

use std::collections::BTreeMap;

use super::backend::{Backend, supply};
use super::graph::Graph;
use super::names::{LONGEST, Port};
use super::world::{Mode, World};
use super::{Layer, Only, Pool, VipOf, VirtualService, network, pool};
use crate::facts::ako::handled::Handled;
use crate::model::{Kind, Object};

/// Annotation by which Services of a namespace share a VIP.
const SHARED_VIP: &str = "ako.vmware.com/enable-shared-vip";

pub(super) fn build(world: &World<'_>, only: Only<'_>, graph: &mut Graph) {
    let mut sharing: BTreeMap<(&str, &str), Vec<Object<'_>>> = BTreeMap::new();
    for service in candidates(world, only) {
        let key = service.annotation(SHARED_VIP).text();
        if !key.is_empty() {
            sharing.entry((service.namespace(), key)).or_default().push(service);
        } else if only.wants(service.namespace(), service.name()) && handles(world, service, graph) {
            single(world, service, only, graph);
        }
    }
    for ((namespace, key), services) in sharing {
        if services.iter().any(|service| only.wants(namespace, service.name())) {
            shared(world, key, &services, only, graph);
        }
    }
}

/// The LoadBalancer Services that matter: where one does, it, and those of its namespace if it shares its VIP.
fn candidates<'a>(world: &World<'a>, only: Only<'_>) -> Vec<Object<'a>> {
    let Some((namespace, name)) = only.service else {
        return world.snapshot.load_balancers().collect();
    };
    let found = world.view.find(Kind::Service, namespace, name).ok().flatten();
    let is_load_balancer = |service: &Object<'_>| service.spec().at("type").text() == "LoadBalancer";
    match found.filter(is_load_balancer) {
        Some(service) if service.annotation(SHARED_VIP).text().is_empty() => vec![service],
        Some(_) => world.snapshot.load_balancers().filter(|other| other.namespace() == namespace).collect(),
        None => Vec::new(),
    }
}

/// Whether AKO gives a Service a virtual service; says why not.
fn handles<'a>(world: &World<'a>, service: Object<'a>, graph: &mut Graph) -> bool {
    match world.view.handles_service(service) {
        Ok(Handled::Yes | Handled::DespiteClass) => true,
        Ok(Handled::No(why)) => {
            graph.leave_out(service, "", why);
            false
        }
        Err(unknown) => {
            graph.leave_out(
                service,
                "",
                format!("nobody can tell whether AKO handles it: it {}", supply(&unknown)),
            );
            false
        }
    }
}

fn single<'a>(world: &World<'a>, service: Object<'a>, only: Only<'_>, graph: &mut Graph) {
    let name = world.names.layer4(service.namespace(), service.name());
    build_one(world, &name, &[service], None, only, graph);
}

/// Services that share a VIP stand or fall together.
fn shared<'a>(world: &World<'a>, key: &str, services: &[Object<'a>], only: Only<'_>, graph: &mut Graph) {
    let Some(first) = services.first() else { return };
    let name = world.names.layer4(first.namespace(), key);
    let asks = |service: &Object<'a>| {
        let preferred = world.view.preferred_address(*service).ok().flatten();
        let setting = world.view.selection(*service).ok().flatten();
        (
            preferred.map(|preferred| preferred.text),
            setting.map(|setting| setting.name),
            service.spec().at("loadBalancerClass").text(),
        )
    };
    let wanted = asks(first);
    let same = services.iter().all(|service| asks(service) == wanted);
    // each says for itself why AKO does not handle it
    let mut handled = true;
    for service in services {
        handled &= handles(world, *service, graph);
    }
    if same && handled {
        build_one(world, &name, services, Some(key), only, graph);
        return;
    }
    for service in services.iter().filter(|_| handled) {
        let why = format!(
            "the Services that share the VIP {key:?} ask for different addresses, settings or classes"
        );
        graph.leave_out(*service, "", why);
    }
}

fn build_one<'a>(
    world: &World<'a>,
    name: &str,
    services: &[Object<'a>],
    key: Option<&str>,
    only: Only<'_>,
    graph: &mut Graph,
) {
    let Some(first) = services.first().copied() else { return };
    let is_sctp = |service: &&Object<'_>| {
        service.spec().at("ports").items().any(|port| port.at("protocol").text() == "SCTP")
    };
    if world.mode == Mode::NodePortLocal
        && let Some(service) = services.iter().find(is_sctp)
    {
        graph.leave_out(*service, "", "in NodePortLocal mode AKO takes no port of protocol SCTP");
        return;
    }
    if name.len() > LONGEST {
        graph.leave_out(first, "", format!("the name {name} has more than {LONGEST} bytes"));
        return;
    }
    let applied = network::applied(world, first);
    let mut with_pools = true;
    if let Err(why) = &applied {
        with_pools = network::fills_pools_without_setting(world);
        let instead = if with_pools { "the configuration's network counts" } else { "it gets no pool" };
        for service in services {
            graph.leave_out(*service, "its AviInfraSetting", format!("{why}: {instead}"));
        }
    }
    let applied = applied.unwrap_or_else(|_| network::nothing());
    let meaning = "no preferred address is assumed";
    let preferred = world.known(world.view.preferred_address(first), None, meaning);
    let vip = applied.vip(world, first, preferred.map(|preferred| preferred.text));
    if let Some(preferred) = preferred.filter(|_| vip.preferred.is_none()) {
        let why = format!("on {} AKO does not pass on a preferred address", world.cloud);
        graph.leave_out(first, preferred.text, why);
    }
    graph.virtual_services.insert(
        name.to_owned(),
        VirtualService {
            name: name.to_owned(),
            layer: Layer::L4,
            vip: VipOf::Own(vip),
            owners: services.iter().map(|service| service.reference()).collect(),
            hosts: Vec::new(),
        },
    );
    let wanted = |service: &&Object<'_>| with_pools && only.wants(service.namespace(), service.name());
    for service in services.iter().filter(wanted) {
        pools(world, name, *service, key, graph);
    }
}

fn pools<'a>(
    world: &World<'a>,
    virtual_service: &str,
    service: Object<'a>,
    key: Option<&str>,
    graph: &mut Graph,
) {
    for port in service.spec().at("ports").items() {
        let protocol = match port.at("protocol").text() {
            "" => "TCP",
            written => written,
        };
        let number = port.at("port").text();
        let of = Port { protocol, number, shared_vip: key };
        let name = world.names.layer4_pool(service.namespace(), service.name(), &of);
        if name.len() > LONGEST {
            graph.leave_out(service, number, format!("the pool's name {name} has more than {LONGEST} bytes"));
            continue;
        }
        let filled = pool::fill(world, Backend::of_service(service, port));
        let pool = Pool {
            name: name.clone(),
            virtual_service: virtual_service.to_owned(),
            owner: service.reference(),
            path: String::new(),
            service: format!("{}/{}", service.namespace(), service.name()),
            servers: filled.servers,
            dropped: filled.dropped,
            unanswered: filled.unanswered,
            unknown: filled.unknown,
        };
        graph.pools.insert(name, pool);
    }
}
