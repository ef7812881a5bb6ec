//! What fills the pools of a backend: addresses of Pods, or of nodes.

use super::backend::{Backend, Filled, Shared, supply};
use super::world::{Mode, World};
use super::{endpoints, node_port, node_port_local};
use crate::model::{Kind, Object};

/// Annotation of a LoadBalancer Service whose pools take Pods even in `NodePort` mode.
const SKIP_NODE_PORT: &str = "skipnodeport.ako.vmware.com/enabled";

/// What fills the pools of this backend, looked for once.
pub(super) fn fill<'a>(world: &World<'a>, backend: Backend<'a>) -> Shared {
    let known = world.filled.borrow().get(&backend).cloned();
    known.unwrap_or_else(|| {
        let Filled { servers, dropped, unanswered, unknown } = find(world, &backend);
        let shared = Shared { servers: servers.into(), dropped: dropped.into(), unanswered, unknown };
        world.filled.borrow_mut().insert(backend, shared.clone());
        shared
    })
}

fn find(world: &World<'_>, backend: &Backend<'_>) -> Filled {
    let name = format!("Service {}/{}", backend.namespace, backend.service);
    let object = match world.view.find(Kind::Service, backend.namespace, backend.service) {
        Err(unknown) => return Filled { unknown: Some(supply(&unknown)), ..Filled::default() },
        Ok(None) => return Filled::none(name, "the Service does not exist"),
        Ok(Some(object)) => object,
    };
    let skips_nodes = !backend.from_layer7 && !object.annotation(SKIP_NODE_PORT).is_absent();
    let mut filled = match world.mode {
        Mode::NodePort if !skips_nodes => node_port::fill(world, backend, object),
        _ if !is_listed(world, backend, object) => {
            Filled::none(&name, "for Ingresses and Routes AKO overlooks Services of type LoadBalancer")
        }
        Mode::NodePortLocal => node_port_local::fill(world, backend, object),
        Mode::ClusterIp | Mode::NodePort => endpoints::fill(world, backend, object),
    };
    if filled.servers.is_empty() && filled.dropped.is_empty() && filled.unknown.is_none() {
        filled.drop(name, "nothing that could be a server stands behind it");
    }
    filled
}

/// Whether AKO finds the Service: those it gives virtual services of their own are kept apart
/// (R@2.1.1:internal/nodes/dequeue_ingestion.go `SharedClusterIpLister`).
fn is_listed(world: &World<'_>, backend: &Backend<'_>, service: Object<'_>) -> bool {
    let is_apart = service.spec().at("type").text() == "LoadBalancer" && !world.config.layer7_only();
    !(backend.from_layer7 && is_apart)
}
