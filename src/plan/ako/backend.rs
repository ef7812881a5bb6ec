//! What a pool is of: a Service and the port of it, and what fills it.

use std::sync::Arc;

use super::{Dropped, Server};
use crate::facts::{Unknown, View};
use crate::model::{Kind, Node, Object, Shape};

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

/// A node that may stand in pools, with the addresses AKO knows; an address is empty where there is none.
pub(super) struct Member {
    pub(super) name: Arc<str>,
    pub(super) v4: Arc<str>,
    pub(super) v6: Arc<str>,
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

    pub(super) fn none(what: impl Into<String>, why: impl Into<String>) -> Self {
        let mut filled = Self::default();
        filled.drop(what, why);
        filled
    }
}

impl<'a> Backend<'a> {
    /// The backend of an Ingress' path (R@2.1.1:internal/nodes/validator.go `findTargetPort`, `findPortName`).
    pub(super) fn of_ingress(view: &View<'a>, namespace: &'a str, node: Node<'a>) -> Self {
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
        let found = view.find(Kind::Service, namespace, service);
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
