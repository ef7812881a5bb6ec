//! The JSON of what AKO would program. Fields are only ever added.

use serde::Serialize;

use crate::model::{Families, IpFamily, ObjectRef};
use crate::plan::ako::{
    self, Layer, LeftOut, NodePlan, Plan, Pool, Preferred, Server, Vip, VipOf, VirtualService,
};
use crate::report::json::Object;

/// Servers, and what does not become one, that a document lists of all pools together. Paths share Services and Services
/// share nodes, so that a small cluster may have very many.
const LISTED: usize = 250_000;

/// Those that it lists of each pool at least.
const OF_EACH: usize = 20;

/// What AKO would program.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    configuration: Object<'a>,
    config_accepted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip_family_effective: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected_because: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected_why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crash: Option<Crash<'a>>,
    virtual_services: Vec<Service<'a>>,
    pools: Vec<Filled<'a>>,
    static_routes: Vec<Route<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_static_routes: Option<&'static str>,
    nodes: Vec<Node<'a>>,
    avi_infra_settings: Vec<Setting<'a>>,
    status_families: Vec<Status>,
    left_out: Vec<Left<'a>>,
    notes: Vec<String>,
    unknown: &'a [String],
}

/// An AviInfraSetting with the status AKO gives it.
#[derive(Debug, Serialize)]
struct Setting<'a> {
    name: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// The families of the addresses AKO writes into the status of an object.
#[derive(Debug, Serialize)]
struct Status {
    object: String,
    families: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct Crash<'a> {
    error: &'a str,
    object: Object<'a>,
}

/// A virtual service.
#[derive(Debug, Serialize)]
pub struct Service<'a> {
    name: &'a str,
    layer: &'static str,
    vip: Address<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'a str>,
    owners: Vec<Object<'a>>,
    hosts: &'a [String],
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Address<'a> {
    Parent(&'static str),
    Own(OwnVip<'a>),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OwnVip<'a> {
    families: Vec<&'static str>,
    networks: &'a [String],
    subnets: &'a [String],
    allocation: &'static str,
    allocation_explicit: bool,
    #[serde(rename = "static", skip_serializing_if = "Option::is_none")]
    preferred: Option<[Static<'a>; 1]>,
    origin: &'a str,
}

#[derive(Debug, Serialize)]
struct Static<'a> {
    field: &'static str,
    r#type: &'static str,
    address: &'a str,
}

/// A pool.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Filled<'a> {
    name: &'a str,
    virtual_service: &'a str,
    owner: Object<'a>,
    path: &'a str,
    service: &'a str,
    servers: Vec<One<'a>>,
    #[serde(skip_serializing_if = "is_zero")]
    more_servers: usize,
    dropped: Vec<Dropped<'a>>,
    #[serde(skip_serializing_if = "is_zero")]
    more_dropped: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    unanswered: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct One<'a> {
    address: &'a str,
    r#type: &'static str,
    port: u32,
    node: &'a str,
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    routed: Option<bool>,
}

#[derive(Debug, Serialize)]
struct Dropped<'a> {
    what: &'a str,
    why: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Route<'a> {
    prefix: &'a str,
    next_hop: &'a str,
    node: &'a str,
}

#[derive(Debug, Serialize)]
struct Node<'a> {
    name: &'a str,
    v4: &'a str,
    v6: &'a str,
    dropped: Vec<Dropped<'a>>,
}

/// What AKO does not build.
#[derive(Debug, Serialize)]
pub struct Left<'a> {
    object: Object<'a>,
    part: &'a str,
    why: &'a str,
}

fn family(family: IpFamily) -> &'static str {
    match family {
        IpFamily::V4 => "V4",
        IpFamily::V6 => "V6",
    }
}

fn families(set: Families) -> Vec<&'static str> {
    let both = [IpFamily::V4, IpFamily::V6].into_iter();
    both.filter(|one| set.contains(*one)).map(family).collect()
}

impl<'a> From<&'a Preferred> for Static<'a> {
    fn from(preferred: &'a Preferred) -> Self {
        let field = if preferred.family == IpFamily::V4 { "ip_address" } else { "ip6_address" };
        Self { field, r#type: family(preferred.family), address: &preferred.address }
    }
}

impl<'a> From<&'a Vip> for OwnVip<'a> {
    fn from(vip: &'a Vip) -> Self {
        Self {
            families: families(vip.families),
            networks: &vip.networks,
            subnets: &vip.subnets,
            allocation: vip.allocation(),
            allocation_explicit: vip.explicit,
            preferred: vip.preferred.as_ref().map(|preferred| [Static::from(preferred)]),
            origin: &vip.origin,
        }
    }
}

impl<'a> From<&'a VirtualService> for Service<'a> {
    fn from(service: &'a VirtualService) -> Self {
        let (vip, parent) = match &service.vip {
            VipOf::Own(vip) => (Address::Own(OwnVip::from(vip)), None),
            VipOf::Parent(parent) => (Address::Parent("parent"), Some(parent.as_str())),
        };
        Self {
            name: &service.name,
            layer: if service.layer == Layer::L4 { "L4" } else { "L7" },
            vip,
            parent,
            owners: service.owners.iter().map(Object::from).collect(),
            hosts: &service.hosts,
        }
    }
}

impl<'a> From<&'a ako::Dropped> for Dropped<'a> {
    fn from(dropped: &'a ako::Dropped) -> Self {
        Self { what: &dropped.what, why: &dropped.why }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// How many servers of each of these pools are listed, and as many of what does not become one: all, or an equal share
/// where all are too many.
pub fn room<'p>(pools: impl Iterator<Item = &'p Pool>) -> usize {
    let size = |pool: &Pool| pool.servers.len() + pool.dropped.len();
    let (number, all) = pools.fold((0, 0), |(number, all), pool| (number + 1, all + size(pool)));
    if all <= LISTED { usize::MAX } else { OF_EACH.max(LISTED / number) }
}

impl<'a> Filled<'a> {
    /// A pool of `plan`, with at most as many servers as there is room for.
    pub fn of(plan: &Plan, pool: &'a Pool, room: usize) -> Self {
        let one = |server: &'a Server| One {
            address: &server.address,
            r#type: family(server.family),
            port: server.port,
            node: &server.node,
            enabled: server.enabled,
            routed: plan.is_reachable(server),
        };
        Self {
            name: &pool.name,
            virtual_service: &pool.virtual_service,
            owner: Object::from(&pool.owner),
            path: &pool.path,
            service: &pool.service,
            servers: pool.servers.iter().take(room).map(one).collect(),
            more_servers: pool.servers.len().saturating_sub(room),
            dropped: pool.dropped.iter().take(room).map(Dropped::from).collect(),
            more_dropped: pool.dropped.len().saturating_sub(room),
            unanswered: pool.unanswered.as_deref(),
            unknown: pool.unknown.as_deref(),
        }
    }
}

impl<'a> From<&'a NodePlan> for Node<'a> {
    fn from(node: &'a NodePlan) -> Self {
        Self {
            name: &node.name,
            v4: &node.v4,
            v6: &node.v6,
            dropped: node.dropped.iter().map(Dropped::from).collect(),
        }
    }
}

fn setting((name, why): &(String, Option<String>)) -> Setting<'_> {
    Setting { name, status: if why.is_none() { "Accepted" } else { "Rejected" }, error: why.as_deref() }
}

fn status((object, written): (&ObjectRef, Families)) -> Status {
    let ObjectRef { kind, namespace, name, .. } = object;
    Status { object: format!("{kind}/{namespace}/{name}"), families: families(written) }
}

impl<'a> From<&'a LeftOut> for Left<'a> {
    fn from(left: &'a LeftOut) -> Self {
        Self { object: Object::from(&left.object), part: &left.part, why: &left.why }
    }
}

impl<'a> From<&'a Plan> for Document<'a> {
    fn from(plan: &'a Plan) -> Self {
        let rejected = plan.rejected.as_ref();
        // what cannot log in learns nothing of its cloud
        let reached = rejected.is_none_or(|rejected| rejected.code != "controllerUnreachable");
        let route = |(node, route): (&'a NodePlan, &'a ako::StaticRoute)| Route {
            prefix: &route.prefix,
            next_hop: &route.next_hop,
            node: &node.name,
        };
        let room = room(plan.pools.iter());
        Self {
            configuration: Object::from(&plan.config),
            config_accepted: rejected.is_none(),
            ip_family_effective: reached.then_some(plan.ip_family.as_str()),
            rejected_because: rejected.map(|rejected| rejected.code),
            rejected_why: rejected.map(|rejected| rejected.why.as_str()),
            crash: plan
                .crash
                .as_ref()
                .map(|crash| Crash { error: &crash.why, object: Object::from(&crash.object) }),
            virtual_services: plan.virtual_services.iter().map(Service::from).collect(),
            pools: plan.pools.iter().map(|pool| Filled::of(plan, pool, room)).collect(),
            static_routes: plan.routes().map(route).collect(),
            no_static_routes: plan.no_routes,
            nodes: plan.nodes.iter().map(Node::from).collect(),
            avi_infra_settings: plan.settings.iter().map(setting).collect(),
            status_families: plan.statuses().into_iter().map(status).collect(),
            left_out: plan.left_out.iter().map(Left::from).collect(),
            notes: plan.notes(),
            unknown: &plan.unknown,
        }
    }
}
