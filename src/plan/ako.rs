//! What AKO would program: whether it starts, its virtual services, their VIPs and pools, and the routes to the nodes
//! (ako.md 2, 4, 6 and 7; ako-observed.md; ako-names-and-crds.md 1).
//!
//! Follows AKO's own source, release by release, down to its silent failures: what it leaves out is said with the
//! reason. What cannot be known is said too, and never made up.

mod backend;
pub mod change;
mod endpoints;
mod graph;
pub mod harm;
mod layer4;
mod layer7;
mod names;
mod network;
mod node_port;
mod node_port_local;
mod pool;
mod routes;
mod start;
mod tls;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::facts::Unknown;
use crate::facts::ako::era::SURVIVES_IPV6_ONLY_VIP;
use crate::facts::ako::node::no_routes;
use crate::model::{Families, IpFamily, Kind, Object, ObjectRef, Profile, Snapshot};
use backend::supply;
use graph::Graph;
use world::World;

/// The kinds that a plan reads of a cluster beside those that rules read: where CNI plug-ins keep the ranges of nodes.
/// Secrets are read from files alone: a name would do, but nobody can ask for names without the right to the contents.
pub const READS: [Kind; 3] = [Kind::BlockAffinity, Kind::CiliumNode, Kind::HostSubnet];

/// What no plan can know where there is a host, whatever is supplied.
pub const HOSTS_UNSEEN: &str =
    "hosts outside the controller's DNS profile get nothing; which they are nobody can see from here";

/// What AKO would program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// AKO's configuration.
    pub config: ObjectRef,
    /// The families AKO works with, in its own spelling.
    pub ip_family: String,
    /// Why AKO does not start with its configuration.
    pub rejected: Option<Rejection>,
    /// What AKO dies of; it then programs nothing, and again after each restart.
    pub crash: Option<Crash>,
    /// The virtual services, by name.
    pub virtual_services: Vec<VirtualService>,
    /// The pools, by name.
    pub pools: Vec<Pool>,
    /// The nodes, by name, with the routes to their Pods.
    pub nodes: Vec<NodePlan>,
    /// Why there are no static routes, where that is meant to be so.
    pub no_routes: Option<&'static str>,
    /// Why nobody can tell what static routes there are.
    pub routes_unknown: Option<String>,
    /// The AviInfraSettings, by name, with the reason why AKO rejects one.
    pub settings: Vec<(String, Option<String>)>,
    /// What AKO does not build, and why.
    pub left_out: Vec<LeftOut>,
    /// Whether AKO writes addresses of one family into an object's status.
    pub one_family_in_status: bool,
    /// Whether AKO dies at its next start of a VIP that is IPv6 only (PR 1236).
    pub dies_of_ipv6_only_vips: bool,
    /// What is assumed or cannot be known, and how to supply it.
    pub unknown: Vec<String>,
}

/// Why AKO refuses its configuration. Its Pod then restarts for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// One word for programs.
    pub code: &'static str,
    /// The reason.
    pub why: String,
}

/// What AKO dies of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crash {
    /// The object it dies over.
    pub object: ObjectRef,
    /// The reason.
    pub why: String,
}

/// Something AKO does not build.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// The object.
    pub object: ObjectRef,
    /// The part of it; empty for all of it.
    pub part: String,
    /// The reason.
    pub why: String,
}

/// What a virtual service works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Connections, for a LoadBalancer Service.
    L4,
    /// Requests, for Ingresses and Routes.
    L7,
}

/// A virtual service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualService {
    /// Its name.
    pub name: String,
    /// Its layer.
    pub layer: Layer,
    /// Its VIP, or that of its parent.
    pub vip: VipOf,
    /// The objects it exists for, in order.
    pub owners: Vec<ObjectRef>,
    /// The hosts it serves; none on layer 4.
    pub hosts: Vec<String>,
}

/// Whose VIP a virtual service has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VipOf {
    /// Its own.
    Own(Vip),
    /// That of the virtual service of this name.
    Parent(String),
}

/// A VIP as AKO asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vip {
    /// The families asked for.
    pub families: Families,
    /// The networks it comes from: names, or UUIDs where they are given.
    pub networks: Vec<String>,
    /// The subnets, as written.
    pub subnets: Vec<String>,
    /// Whether the families are asked for in so many words; IPv4 is left to the controller's default.
    pub explicit: bool,
    /// A preferred address.
    pub preferred: Option<Preferred>,
    /// Where the network is written.
    pub origin: String,
}

impl Vip {
    /// The families in the controller's spelling.
    pub fn allocation(&self) -> &'static str {
        match self.families {
            Families { v4: true, v6: true } => "V4_V6",
            Families { v4: false, v6: true } => "V6_ONLY",
            _ => "V4_ONLY",
        }
    }
}

/// A preferred address and the family it is sent as, which may be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferred {
    /// The address as written.
    pub address: String,
    /// The family it is sent as.
    pub family: IpFamily,
}

fn family_of(address: &str) -> Option<IpFamily> {
    address.parse().ok().map(IpFamily::of)
}

/// A pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// The virtual service it belongs to.
    pub virtual_service: String,
    /// The Ingress, Route or Service it exists for.
    pub owner: ObjectRef,
    /// Host and path; empty on layer 4.
    pub path: String,
    /// The Service that fills it.
    pub service: String,
    /// Its servers. Pools that the same port of a Service fills share them: a thousand paths may lead to a thousand
    /// servers.
    pub servers: Arc<[Server]>,
    /// What does not become a server, and why.
    pub dropped: Arc<[Dropped]>,
    /// Why none of its servers answers.
    pub unanswered: Option<String>,
    /// Why its servers cannot be known.
    pub unknown: Option<String>,
}

impl Pool {
    /// The families of its servers.
    pub fn families(&self) -> Families {
        self.servers.iter().map(|server| server.family).collect()
    }
}

/// A server of a pool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Server {
    /// Its address as AKO sends it.
    pub address: Arc<str>,
    /// The family it is sent as, which may be wrong.
    pub family: IpFamily,
    /// Its port.
    pub port: u32,
    /// The node it is on, where AKO knows it.
    pub node: Arc<str>,
    /// Whether it takes traffic.
    pub enabled: bool,
}

impl Server {
    /// Whether its address is of another family than it is sent as.
    pub fn is_mislabelled(&self) -> bool {
        family_of(&self.address).is_some_and(|family| family != self.family)
    }
}

/// Something that does not become a server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dropped {
    /// An address, a Pod, a node or a family.
    pub what: String,
    /// The reason.
    pub why: String,
}

/// What AKO makes of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodePlan {
    /// Its name.
    pub name: String,
    /// The address AKO uses for each family.
    pub v4: String,
    /// The same for IPv6.
    pub v6: String,
    /// The static routes to its Pods.
    pub routes: Vec<StaticRoute>,
    /// Ranges without a route, and why.
    pub dropped: Vec<Dropped>,
    /// Whether it is picked for the pools of NodePort mode.
    pub stands_in_pools: bool,
}

/// A static route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticRoute {
    /// The range of Pods.
    pub prefix: String,
    /// The address of the node.
    pub next_hop: String,
    /// The family it is sent as.
    pub family: IpFamily,
}

/// Which part of a cluster is planned.
#[derive(Clone, Copy, Debug, Default)]
pub struct Only<'a> {
    /// Namespace and name of the one Service that matters, if any.
    pub service: Option<(&'a str, &'a str)>,
}

impl Only<'_> {
    fn wants(&self, namespace: &str, name: &str) -> bool {
        self.service.is_none_or(|service| service == (namespace, name))
    }
}

impl Plan {
    /// What AKO would program for `snapshot`; `None` where its configuration is not there.
    pub fn of(snapshot: &Snapshot, profile: &Profile, only: Only<'_>) -> Option<Self> {
        let subject = config_object(snapshot, &profile.ako_namespace.value)?;
        let world = World::new(snapshot, profile, subject)?;
        if configs(snapshot) > 1 {
            world.note(format!("AKO is configured more than once; {} counts here", subject.reference()));
        }
        let mut plan = Self {
            config: subject.reference(),
            ip_family: world.ip_family.clone(),
            rejected: start::rejection(&world),
            one_family_in_status: !world.is_dual_stack(),
            dies_of_ipv6_only_vips: world.release < SURVIVES_IPV6_ONLY_VIP,
            ..Self::default()
        };
        if plan.rejected.is_none() {
            plan.build(&world, only);
        }
        plan.crash = world.crash.take();
        if plan.crash.is_some() {
            // whatever it had sent before it died, it starts anew and dies again
            plan.virtual_services.clear();
            plan.pools.clear();
            plan.nodes.clear();
        }
        plan.left_out.sort();
        plan.unknown = world.said();
        Some(plan)
    }

    fn build(&mut self, world: &World<'_>, only: Only<'_>) {
        let mut graph = Graph::default();
        layer4::build(world, only, &mut graph);
        layer7::build(world, only, &mut graph);
        self.virtual_services = graph.virtual_services.into_values().collect();
        self.pools = graph.pools.into_values().collect();
        self.left_out = graph.left_out;
        self.settings = network::settings(world);
        self.no_routes = no_routes(&world.config, world.cloud);
        self.routes_unknown = routes::unknown(world).filter(|_| self.no_routes.is_none());
        self.nodes = routes::nodes(world, self.has_known_routes());
        if let Some(why) = &self.routes_unknown {
            world.note(format!("{why}; no static route is known"));
        }
        let serves = [Kind::Service, Kind::Ingress, Kind::Route];
        if !serves.into_iter().any(|kind| world.has_seen(kind)) {
            world.note(format!(
                "{}; nothing that AKO could serve is known",
                supply(&Unknown::kind(Kind::Service))
            ));
        }
    }

    /// The objects whose status AKO writes addresses into, and the families of these: up to 1.11.5 IPv6 alone where
    /// there is any, from 1.12.1 on all.
    pub fn statuses(&self) -> Vec<(&ObjectRef, Families)> {
        let own = |name: &str| {
            let found = self.virtual_services.binary_search_by(|service| service.name.as_str().cmp(name));
            match found.ok().and_then(|index| self.virtual_services.get(index)).map(|service| &service.vip) {
                Some(VipOf::Own(vip)) => vip.families,
                _ => Families::NONE,
            }
        };
        let mut statuses: BTreeMap<&ObjectRef, Families> = BTreeMap::new();
        for service in &self.virtual_services {
            let families = match &service.vip {
                VipOf::Own(vip) => vip.families,
                VipOf::Parent(parent) => own(parent),
            };
            let one = self.one_family_in_status && families.v6;
            let written = if one { Families::V6 } else { families };
            for owner in &service.owners {
                statuses.insert(owner, written);
            }
        }
        statuses.into_iter().collect()
    }

    /// Whether static routes are made at all, and are known.
    pub fn has_known_routes(&self) -> bool {
        self.no_routes.is_none() && self.routes_unknown.is_none()
    }

    /// Every static route, by node.
    pub fn routes(&self) -> impl Iterator<Item = (&NodePlan, &StaticRoute)> {
        self.nodes.iter().flat_map(|node| node.routes.iter().map(move |route| (node, route)))
    }
}

/// Number of configurations in the forms that stand for the whole of it.
fn configs(snapshot: &Snapshot) -> usize {
    snapshot.count(Kind::AKOConfig) + snapshot.count(Kind::HelmValues)
}

/// AKO's configuration, looked for as the facts look for it.
fn config_object<'a>(snapshot: &'a Snapshot, namespace: &str) -> Option<Object<'a>> {
    use crate::facts::ako::config::Config;
    use crate::model::Lookup;

    for namespace in [namespace, ""] {
        if let Lookup::Found(map) = snapshot.get(Kind::ConfigMap, namespace, Config::CONFIG_MAP) {
            return Some(map);
        }
    }
    let first = |kind: Kind| snapshot.all(kind).min_by_key(|object| (object.namespace(), object.name()));
    first(Kind::AKOConfig).or_else(|| first(Kind::HelmValues))
}
