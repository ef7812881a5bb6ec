//! What AKO would program as a tree for a terminal: each Ingress, Route and Service with its VIP, its pools, their
//! servers, and what the rules say about it.

use std::collections::BTreeMap;

use crate::model::{Action, Families, IpFamily, Judged, ObjectRef};
use crate::plan::ako::{LeftOut, NodePlan, Plan, Pool, Server, Vip, VipOf, VirtualService};
use crate::report::check;
use crate::report::text::{one_line, shown};

/// Servers of a pool, and nodes, that are shown; more are counted.
const SHOWN: usize = 20;

/// Pools of an object that are shown; more are counted.
const POOLS: usize = 50;

/// Longest text of a finding; `check` shows it whole.
const MESSAGE: usize = 160;

/// What there is to say about each object.
struct Tree<'a> {
    plan: &'a Plan,
    pools: BTreeMap<&'a ObjectRef, Vec<&'a Pool>>,
    services: BTreeMap<&'a ObjectRef, Vec<&'a VirtualService>>,
    left_out: BTreeMap<&'a ObjectRef, Vec<&'a LeftOut>>,
    findings: BTreeMap<&'a ObjectRef, Vec<&'a Judged>>,
    lines: Vec<String>,
}

/// The plan as text.
pub fn render(plan: &Plan, judged: &check::Report) -> String {
    let mut tree = Tree {
        plan,
        pools: by(plan.pools.iter(), |pool| std::slice::from_ref(&pool.owner)),
        services: by(plan.virtual_services.iter(), |service| service.owners.as_slice()),
        left_out: by(plan.left_out.iter(), |left| std::slice::from_ref(&left.object)),
        findings: BTreeMap::new(),
        lines: Vec::new(),
    };
    for (_, judged) in judged.findings() {
        tree.findings.entry(&judged.finding.object).or_default().push(judged);
    }
    tree.head(judged);
    tree.owners();
    tree.nodes();
    tree.rest();
    tree.lines.iter().map(|line| shown(line) + "\n").collect()
}

fn by<'a, T>(
    items: impl Iterator<Item = &'a T>,
    owners: impl Fn(&'a T) -> &'a [ObjectRef],
) -> BTreeMap<&'a ObjectRef, Vec<&'a T>> {
    let mut map: BTreeMap<&ObjectRef, Vec<&T>> = BTreeMap::new();
    for item in items {
        for owner in owners(item) {
            map.entry(owner).or_default().push(item);
        }
    }
    map
}

/// Addresses of a family, told apart without colour.
fn mark(family: IpFamily) -> &'static str {
    match family {
        IpFamily::V4 => "v4",
        IpFamily::V6 => "v6",
    }
}

fn short(families: Families) -> &'static str {
    match (families.v4, families.v6) {
        (true, true) => "v4+v6",
        (true, false) => "v4",
        (false, true) => "v6",
        (false, false) => "empty",
    }
}

/// A number with its noun.
pub(in crate::report) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// A port; what the API server has yet to choose is 0.
pub(in crate::report) fn port(server: &Server) -> String {
    if server.port == 0 { "?".to_owned() } else { server.port.to_string() }
}

/// Address and port of a server.
pub(in crate::report) fn place(server: &Server) -> String {
    let (address, port) = (&server.address, port(server));
    if address.contains(':') { format!("[{address}]:{port}") } else { format!("{address}:{port}") }
}

impl<'a> Tree<'a> {
    fn line(&mut self, depth: usize, text: impl AsRef<str>) {
        self.lines.push(format!("{}{}", "  ".repeat(depth), text.as_ref()));
    }

    fn head(&mut self, judged: &check::Report) {
        let plan = self.plan;
        let profile = &judged.profile;
        let cloud = profile.cloud.as_ref().map_or("CLOUD_VCENTER", |cloud| cloud.text.as_str());
        self.line(0, format!("AKO {} on {cloud}, configured by {}", profile.ako.text, plan.config));
        if let Some(rejected) = &plan.rejected {
            self.line(1, format!("does not start: {}", rejected.why));
            self.line(1, "its Pod restarts for ever, and nothing is programmed");
        } else if let Some(crash) = &plan.crash {
            self.line(1, format!("dies over {}: {}", crash.object, crash.why));
            self.line(1, "so again at every restart while it exists, and nothing is programmed");
        } else {
            let counts = [
                count(plan.virtual_services.len(), "virtual service"),
                count(plan.pools.len(), "pool"),
                count(plan.routes().count(), "static route"),
            ];
            self.line(1, format!("works with ipFamily {}: {}", plan.ip_family, counts.join(", ")));
        }
        self.findings(1, &plan.config);
    }

    /// Every object that is served, left out or blamed, and can be an owner.
    fn owners(&mut self) {
        let served = ["Ingress", "Route", "Service"];
        let named = self.services.keys().chain(self.pools.keys()).chain(self.left_out.keys());
        let blamed = self.findings.keys().filter(|object| served.contains(&object.kind.as_str()));
        let mut owners: Vec<&ObjectRef> = named.chain(blamed).copied().collect();
        owners.sort_by_key(|o| (&o.namespace, &o.kind, &o.name));
        owners.dedup();
        for owner in owners {
            self.line(0, "");
            self.line(0, owner.to_string());
            self.owner(owner);
        }
    }

    fn owner(&mut self, owner: &'a ObjectRef) {
        for service in self.services.get(owner).cloned().unwrap_or_default() {
            match &service.vip {
                VipOf::Own(vip) => {
                    self.line(1, format!("virtual service {}", service.name));
                    self.vip(vip);
                }
                VipOf::Parent(parent) => {
                    self.line(1, format!("virtual service {}, with the VIP of {parent}", service.name));
                }
            }
        }
        let mut pools = self.pools.get(owner).cloned().unwrap_or_default();
        if pools.len() > POOLS {
            // those with something to say first
            pools.sort_by_key(|pool| {
                !pool.servers.is_empty() && pool.unanswered.is_none() && pool.dropped.is_empty()
            });
        }
        for pool in pools.iter().take(POOLS) {
            self.pool(pool);
        }
        if pools.len() > POOLS {
            self.line(1, format!("... and {} more pools", pools.len() - POOLS));
        }
        for left in self.left_out.get(owner).cloned().unwrap_or_default() {
            let part = if left.part.is_empty() { "not built" } else { &left.part };
            self.line(1, format!("x {part}: {}", left.why));
        }
        self.findings(1, owner);
    }

    fn vip(&mut self, vip: &Vip) {
        let subnets =
            if vip.subnets.is_empty() { "no subnet named".to_owned() } else { vip.subnets.join(", ") };
        let networks = vip.networks.join(", ");
        let (families, allocation, origin) = (short(vip.families), vip.allocation(), &vip.origin);
        self.line(2, format!("VIP {families} ({allocation}) of {networks}: {subnets}, from {origin}"));
        if let Some(preferred) = &vip.preferred {
            let (address, family) = (&preferred.address, preferred.family);
            self.line(2, format!("prefers {address}, sent as {family}"));
        }
    }

    fn pool(&mut self, pool: &'a Pool) {
        let path = if pool.path.is_empty() { String::new() } else { format!("{} -> ", pool.path) };
        let count = match (&pool.unknown, pool.servers.len()) {
            (Some(_), _) => "servers unknown".to_owned(),
            (None, 0) => "EMPTY".to_owned(),
            (None, 1) => format!("1 server, {}", short(pool.families())),
            (None, count) => format!("{count} servers, {}", short(pool.families())),
        };
        self.line(1, format!("{path}pool {} of Service {}: {count}", pool.name, pool.service));
        if let Some(unknown) = &pool.unknown {
            self.line(2, format!("? {unknown}"));
        }
        if let Some(unanswered) = &pool.unanswered {
            self.line(2, format!("none answers: {unanswered}"));
        }
        for server in pool.servers.iter().take(SHOWN) {
            self.server(server);
        }
        self.more(2, pool.servers.len(), "servers");
        for dropped in pool.dropped.iter().take(SHOWN) {
            self.line(2, format!("x  {}: {}", dropped.what, dropped.why));
        }
        self.more(2, pool.dropped.len(), "left out");
    }

    fn server(&mut self, server: &Server) {
        let (place, node) = (place(server), &server.node);
        let node = if node.is_empty() { String::new() } else { format!("  on {node}") };
        let lost = if self.plan.is_reachable(server) == Some(false) { "  NO ROUTE" } else { "" };
        let disabled = if server.enabled { "" } else { "  disabled" };
        let wrong = if server.is_mislabelled() { "  WRONG FAMILY" } else { "" };
        self.line(2, format!("{} {place}{node}{disabled}{wrong}{lost}", mark(server.family)));
    }

    fn more(&mut self, depth: usize, count: usize, what: &str) {
        if count > SHOWN {
            self.line(depth, format!("... and {} more {what}", count - SHOWN));
        }
    }

    fn findings(&mut self, depth: usize, object: &ObjectRef) {
        for judged in self.findings.remove(object).unwrap_or_default() {
            let action = match judged.action {
                Action::Deny => "!! deny",
                Action::Warn => "!  warn",
                Action::Audit => "   note",
                Action::Off => continue,
            };
            let finding = &judged.finding;
            let message = one_line(&finding.message, MESSAGE);
            self.line(depth, format!("{action} {}: {message} ({})", finding.field, finding.rule));
        }
    }

    fn nodes(&mut self) {
        if self.plan.nodes.is_empty() || self.plan.rejected.is_some() {
            return;
        }
        self.line(0, "");
        self.line(0, "Nodes");
        if let Some(why) = self.plan.no_routes {
            self.line(1, format!("no static routes: {why}"));
        }
        if let Some(why) = &self.plan.routes_unknown {
            self.line(1, format!("? static routes: {why}"));
        }
        let plan = self.plan;
        // those with something to say first
        let mut nodes: Vec<&NodePlan> = plan.nodes.iter().collect();
        nodes.sort_by_key(|node| node.dropped.is_empty());
        for node in nodes.into_iter().take(SHOWN) {
            let addresses = [&node.v4, &node.v6].into_iter().filter(|address| !address.is_empty());
            let addresses: Vec<&str> = addresses.map(String::as_str).collect();
            let addresses = if addresses.is_empty() { "no address".to_owned() } else { addresses.join(", ") };
            self.line(1, format!("{} ({addresses})", node.name));
            for route in node.routes.iter().take(SHOWN) {
                self.line(2, format!("{} {} via {}", mark(route.family), route.prefix, route.next_hop));
            }
            self.more(2, node.routes.len(), "routes");
            for dropped in node.dropped.iter().take(SHOWN) {
                self.line(2, format!("x  {}: {}", dropped.what, dropped.why));
            }
            let named = ObjectRef {
                api_version: "v1".to_owned(),
                kind: "Node".to_owned(),
                namespace: String::new(),
                name: node.name.clone(),
            };
            self.findings(2, &named);
        }
        self.more(1, plan.nodes.len(), "nodes");
    }

    /// What found no place in the tree.
    fn rest(&mut self) {
        let others: Vec<&ObjectRef> = self.findings.keys().copied().collect();
        if !others.is_empty() {
            self.line(0, "");
            self.line(0, "Other objects");
            for object in others {
                self.line(1, object.to_string());
                self.findings(2, object);
            }
        }
        let sections = [("Look at", self.plan.notes()), ("Assumed or unknown", self.plan.unknown.clone())];
        for (title, lines) in sections {
            if !lines.is_empty() {
                self.line(0, "");
                self.line(0, title);
                for line in lines.iter().take(SHOWN) {
                    self.line(1, line);
                }
                self.more(1, lines.len(), "of this kind");
            }
        }
    }
}
