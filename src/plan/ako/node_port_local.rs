//! Pools of node ports that Antrea opens for single Pods
//! (R@*:internal/nodes/avi_model_l4_translator.go `PopulateServersForNPL`).

use std::collections::BTreeSet;

use serde_json::Value;

use super::Server;
use super::backend::{Backend, Filled, TargetPort, number, supply};
use super::world::World;
use crate::facts::Unknown;
use crate::facts::ako::pool::OWN_LOOP_VARIABLE;
use crate::model::{Kind, Node, Object, Release};

/// First release that leaves out Pods that are not ready (CHANGELOG 1.12.2).
const LEAVES_OUT_UNREADY: Release = Release::new(1, 12, 2);

/// Annotation of a Pod with the node ports that lead to it.
const ANNOTATION: &str = "nodeportlocal.antrea.io";

/// One node port of a Pod.
struct NodePort {
    pod_port: u32,
    address: String,
    port: u32,
}

pub(super) fn fill(world: &World<'_>, backend: &Backend<'_>, service: Object<'_>) -> Filled {
    let mut filled = Filled::default();
    if !backend.from_layer7 && service.spec().at("type").text() == "NodePort" {
        filled.drop("the Service", "in NodePortLocal mode AKO takes no Service of type NodePort");
        return filled;
    }
    if !world.has_seen(Kind::Pod) {
        filled.unknown = Some(supply(&Unknown::kind(Kind::Pod)));
        return filled;
    }
    let pods = pods(world, service, &mut filled);
    if pods.is_empty() {
        filled.drop("the Service", "it selects no Pod that is ready");
        return filled;
    }
    let Some(wanted) = world.wanted(service, false) else { return filled };
    if world.reads_slices() && dies_of_slices(world, backend, service, &pods) {
        return filled;
    }
    let target = target_port(backend, &pods);
    for pod in pods {
        let node_ports = node_ports(pod);
        if node_ports.is_empty() {
            filled.drop(format!("Pod {}", pod.name()), format!("it has no usable annotation {ANNOTATION}"));
        }
        let last = node_ports.last().map(|last| last.address.clone());
        let shared = last.filter(|_| world.release < OWN_LOOP_VARIABLE);
        for node_port in node_ports {
            let family = world.family_of(&node_port.address).filter(|family| wanted.contains(*family));
            let Some(family) = family else {
                let what = format!("{} of Pod {}", node_port.address, pod.name());
                filled.drop(what, world.outside(wanted, &node_port.address));
                continue;
            };
            if node_port.pod_port != target {
                continue;
            }
            let address = shared.clone().unwrap_or_else(|| node_port.address.clone());
            if address != node_port.address {
                let why = format!("before 1.13.2 AKO writes the Pod's last address, {address}, in its place");
                filled.drop(format!("{} of Pod {}", node_port.address, pod.name()), why);
            }
            let (address, node) = (address.into(), pod.spec().at("nodeName").text().into());
            filled.servers.push(Server { address, family, port: node_port.port, node, enabled: true });
        }
    }
    filled
}

/// The Pods a Service selects, by name; from 1.12.2 on without those that say they are not ready.
fn pods<'a>(world: &World<'a>, service: Object<'_>, filled: &mut Filled) -> Vec<Object<'a>> {
    let selector: Vec<Node<'_>> = service.spec().at("selector").children().collect();
    let is_selected = |pod: &Object<'_>| {
        !selector.is_empty() && selector.iter().all(|entry| pod.label(entry.key()).text() == entry.text())
    };
    let in_namespace = world.snapshot.in_namespace(Kind::Pod, service.namespace());
    let mut pods: Vec<Object<'a>> = in_namespace.filter(is_selected).collect();
    pods.sort_by_key(|pod| pod.name());
    if world.release < LEAVES_OUT_UNREADY {
        return pods;
    }
    pods.retain(|pod| {
        let mut conditions = pod.at_key("status").at("conditions").items();
        let is_ready =
            !conditions.any(|c| c.at("type").text() == "Ready" && c.at("status").text() == "False");
        if !is_ready {
            filled.drop(format!("Pod {}", pod.name()), "it is not ready");
        }
        is_ready
    });
    pods
}

/// An endpoint of a matching slice that refers to nothing kills AKO where it comes before that of some Pod, which AKO
/// looks for.
fn dies_of_slices<'a>(
    world: &World<'a>,
    backend: &Backend<'_>,
    service: Object<'_>,
    pods: &[Object<'_>],
) -> bool {
    let matches = |port: Node<'_>| {
        !port.at("port").is_nothing() && number(port.at("port")) == backend.target.int_val()
            || port.at("name").as_str() == Some(backend.port_name)
    };
    for slice in world.snapshot.slices_of(service.namespace(), service.name()) {
        if !slice.at_key("ports").items().any(matches) {
            continue;
        }
        let refers = |endpoint: Node<'a>| {
            let target = endpoint.at("targetRef");
            (!target.is_nothing()).then(|| target.at("name").text())
        };
        let endpoints = slice.at_key("endpoints");
        let found: BTreeSet<&str> = endpoints.items().map_while(refers).collect();
        let is_hit = endpoints.items().any(|endpoint| refers(endpoint).is_none());
        if is_hit && pods.iter().any(|pod| !found.contains(pod.name())) {
            world.dies(
                slice,
                "an endpoint has no targetRef, which AKO takes for granted in NodePortLocal mode",
            );
            return true;
        }
    }
    false
}

/// The Pods' port: a name stands for what the last Pod says it is.
fn target_port(backend: &Backend<'_>, pods: &[Object<'_>]) -> u32 {
    let name = match backend.target {
        TargetPort::Number(number) => return number,
        TargetPort::Name(name) => name,
    };
    let containers = pods.iter().flat_map(|pod| pod.spec().at("containers").items());
    let ports = containers.flat_map(|container| container.at("ports").items());
    let named = ports.filter(|port| port.at("name").text() == name).last();
    named.map_or(0, |port| number(port.at("containerPort")))
}

/// What Antrea wrote; nothing where it cannot be read.
fn node_ports(pod: Object<'_>) -> Vec<NodePort> {
    let list: Value = serde_json::from_str(pod.annotation(ANNOTATION).text()).unwrap_or_default();
    let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    let entries = list.as_array().into_iter().flatten();
    let node_ports = entries.map(|entry| NodePort {
        pod_port: number(&entry["podPort"]).unwrap_or(0),
        address: entry["nodeIP"].as_str().unwrap_or_default().to_owned(),
        port: number(&entry["nodePort"]).unwrap_or(0),
    });
    node_ports.collect()
}
