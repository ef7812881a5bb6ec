//! What stands behind a pool: a Service, and the port of it.

use std::sync::Arc;

use super::world::{Mode, World};
use super::{Dropped, Server, endpoints, node_port, node_port_local};
use crate::facts::Unknown;
use crate::facts::service::resolution::is_external_name;
use crate::model::{Families, Kind, Node, Object, Shape};

/// Annotation of a LoadBalancer Service whose pools take Pods even in `NodePort` mode.
const SKIP_NODE_PORT: &str = "skipnodeport.ako.vmware.com/enabled";

/// A target port: a number, a name, or the number 0 where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TargetPort<'a> {
    Number(u32),
    Name(&'a str),
}

impl<'a> TargetPort<'a> {
    pub(super) const NONE: Self = Self::Number(0);

    pub(super) fn of(node: Node<'a>) -> Self {
        match node.shape() {
            Some(Shape::Number) => Self::Number(number(node)),
            Some(Shape::String) => Self::Name(node.text()),
            _ => Self::NONE,
        }
    }

    /// As Go's `IntOrString.IntValue` reads it: a name that is a number counts.
    pub(super) fn int_value(self) -> u32 {
        match self {
            Self::Number(number) => number,
            Self::Name(name) => name.parse().unwrap_or(0),
        }
    }

    /// As Go's `IntOrString.IntVal` reads it: a name is 0.
    pub(super) fn int_val(self) -> u32 {
        match self {
            Self::Number(number) => number,
            Self::Name(_) => 0,
        }
    }
}

/// A number; 0 where there is none.
pub(super) fn number(node: Node<'_>) -> u32 {
    node.text().parse().unwrap_or(0)
}

/// A Service and the port of it that a pool wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Backend<'a> {
    pub(super) namespace: &'a str,
    pub(super) service: &'a str,
    pub(super) port: u32,
    pub(super) port_name: &'a str,
    pub(super) target: TargetPort<'a>,
    /// Whether an Ingress or Route asks, as opposed to the Service itself.
    pub(super) from_layer7: bool,
}

/// What fills the pools of a backend.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) servers: Arc<[Server]>,
    pub(super) dropped: Arc<[Dropped]>,
    pub(super) unanswered: Option<String>,
    pub(super) unknown: Option<String>,
}

/// The same while it is found.
#[derive(Debug, Default)]
pub(super) struct Filled {
    pub(super) servers: Vec<Server>,
    pub(super) dropped: Vec<Dropped>,
    pub(super) unanswered: Option<String>,
    pub(super) unknown: Option<String>,
}

impl Filled {
    pub(super) fn drop(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.dropped.push(Dropped { what: what.into(), why: why.into() });
    }

    fn none(what: impl Into<String>, why: impl Into<String>) -> Self {
        let mut filled = Self::default();
        filled.drop(what, why);
        filled
    }
}

impl<'a> Backend<'a> {
    /// The backend of an Ingress' path (R@2.1.1:internal/nodes/validator.go `findTargetPort`, `findPortName`).
    pub(super) fn of_ingress(world: &World<'a>, namespace: &'a str, node: Node<'a>) -> Self {
        let (service, port) = (node.at("name").text(), node.at("port"));
        let (wanted, name) = (number(port.at("number")), port.at("name").text());
        let mut backend = Self {
            namespace,
            service,
            // what names no number is port 80
            port: if wanted == 0 { 80 } else { wanted },
            port_name: name,
            target: TargetPort::NONE,
            from_layer7: true,
        };
        let found = world.view.find(Kind::Service, namespace, service);
        let Ok(Some(object)) = found else { return backend };
        let ports = || object.spec().at("ports").items();
        let matches = |port: &Node<'_>| number(port.at("port")) == wanted || port.at("name").text() == name;
        if object.spec().at("type").text() != "NodePort" {
            backend.target = ports().find(matches).map_or(TargetPort::NONE, target_of);
        }
        if name.is_empty() {
            let numbered = ports().find(|port| number(port.at("port")) == wanted);
            backend.port_name = numbered.map_or("", |port| port.at("name").text());
        }
        backend
    }

    /// A backend of a Route; only the first is told which port is wanted.
    pub(super) fn of_route(namespace: &'a str, service: &'a str, port: Node<'a>) -> Self {
        let target = TargetPort::of(port.at("targetPort"));
        let (port_name, target) = match target {
            TargetPort::Name(name) => (name, TargetPort::NONE),
            number @ TargetPort::Number(_) => ("", number),
        };
        Self { namespace, service, port: 0, port_name, target, from_layer7: true }
    }

    /// One port of a LoadBalancer Service.
    pub(super) fn of_service(service: Object<'a>, port: Node<'a>) -> Self {
        Self {
            namespace: service.namespace(),
            service: service.name(),
            port: number(port.at("port")),
            port_name: port.at("name").text(),
            target: target_of(port),
            from_layer7: false,
        }
    }

    /// What fills the pools of this backend, looked for once.
    pub(super) fn fill(self, world: &World<'a>) -> Shared {
        let known = world.filled.borrow().get(&self).cloned();
        known.unwrap_or_else(|| {
            let Filled { servers, dropped, unanswered, unknown } = self.find(world);
            let shared = Shared { servers: servers.into(), dropped: dropped.into(), unanswered, unknown };
            world.filled.borrow_mut().insert(self, shared.clone());
            shared
        })
    }

    fn find(&self, world: &World<'a>) -> Filled {
        let name = format!("Service {}/{}", self.namespace, self.service);
        let object = match world.view.find(Kind::Service, self.namespace, self.service) {
            Err(unknown) => return Filled { unknown: Some(supply(&unknown)), ..Filled::default() },
            Ok(None) => return Filled::none(name, "the Service does not exist"),
            Ok(Some(object)) => object,
        };
        let skips_nodes = !self.from_layer7 && !object.annotation(SKIP_NODE_PORT).is_absent();
        let mut filled = match world.mode {
            Mode::NodePort if !skips_nodes => node_port::fill(world, self, object),
            _ if !self.is_listed(world, object) => {
                Filled::none(&name, "for Ingresses and Routes AKO overlooks Services of type LoadBalancer")
            }
            Mode::NodePortLocal => node_port_local::fill(world, self, object),
            Mode::ClusterIp | Mode::NodePort => endpoints::fill(world, self, object),
        };
        if filled.servers.is_empty() && filled.dropped.is_empty() && filled.unknown.is_none() {
            filled.drop(name, "nothing that could be a server stands behind it");
        }
        filled
    }

    /// Whether AKO finds the Service: those it gives virtual services of their own are kept apart
    /// (R@2.1.1:internal/nodes/dequeue_ingestion.go `SharedClusterIpLister`).
    fn is_listed(&self, world: &World<'_>, service: Object<'_>) -> bool {
        let is_apart = service.spec().at("type").text() == "LoadBalancer" && !world.config.layer7_only();
        !(self.from_layer7 && is_apart)
    }
}

/// A port without a target port has its own number as one, which the API server fills in.
fn target_of(port: Node<'_>) -> TargetPort<'_> {
    let target = port.at("targetPort");
    TargetPort::of(if target.is_nothing() { port.at("port") } else { target })
}

/// How to supply what is not known, unless the text says it.
pub(super) fn supply(unknown: &Unknown) -> String {
    let how = if unknown.0.ends_with(" objects") { ": pass a file that holds them" } else { "" };
    format!("{}{how}", unknown.0)
}

/// The families a server may have: those of the Service that AKO works with. `None` where AKO dies of the question.
pub(super) fn wanted(world: &World<'_>, service: Object<'_>, may_be_empty: bool) -> Option<Families> {
    if !world.is_dual_stack() {
        return Some(world.families);
    }
    let Some(families) = world.service_families(service) else {
        if may_be_empty {
            return Some(Families { v4: world.families.v4, v6: false });
        }
        let why = if is_external_name(service) {
            "a Service of type ExternalName has no ipFamilies, the first of which AKO takes for granted"
        } else {
            "the Service has no ipFamilies, the first of which AKO takes for granted"
        };
        world.dies(service, why);
        return None;
    };
    Some(Families { v4: families.v4 && world.families.v4, v6: families.v6 && world.families.v6 })
}

/// Why an address of some other family does not become a server.
pub(super) fn outside(world: &World<'_>, wanted: Families, address: &str) -> String {
    match world.family_of(address) {
        None => "it is no address".to_owned(),
        Some(family) if world.families.contains(family) && wanted == Families::NONE => {
            format!("it is {family}, and the Service has no family that AKO works with")
        }
        Some(family) if world.families.contains(family) => {
            format!("it is {family}, the Service is {wanted}")
        }
        Some(family) => format!("it is {family}, AKO works with ipFamily {}", world.ip_family),
    }
}
