//! What AKO would program as a picture: VIPs, pools, servers, nodes, from left to right.
//!
//! IPv4 is a circle and a whole line, IPv6 a diamond and a dashed one; crosses mark what is left out. A cluster with
//! too many pools to be read is drawn as counts.

mod canvas;
mod summary;

use std::collections::BTreeMap;

use super::tree::place;
use crate::model::{Families, IpFamily, ObjectRef, Profile, Source};
use crate::plan::ako::{NodePlan, Plan, Pool, Server, Vip, VipOf, VirtualService};
use canvas::{Area, Canvas, Frame, Ink, LINE, wrapped};

/// Pools that are drawn one by one at most.
const POOLS: usize = 30;
/// Servers of a pool, nodes, and things left out, that are drawn.
const SERVERS: usize = 6;
const NODES: usize = 16;
const LEFT_OUT: usize = 8;
/// Sentences in the description.
const TOLD: usize = 10;

const MARGIN: usize = 20;
const GAP: usize = 12;
const WIDTH: usize = 1420;
const HEAD: usize = 84;

/// Left edges and widths of the columns.
const VIPS: (usize, usize) = (MARGIN, 300);
const POOL: (usize, usize) = (370, 330);
const SERVER: (usize, usize) = (740, 330);
const NODE: (usize, usize) = (1170, 230);

/// The plan as SVG.
pub fn render(plan: &Plan, profile: &Profile) -> String {
    let cloud = profile.cloud.as_ref().map_or("CLOUD_VCENTER (assumed)", |cloud| cloud.text.as_str());
    let assumed = if profile.ako.from == Source::Default { " (assumed)" } else { "" };
    let title = format!("AKO {}{assumed} on {cloud}, ipFamily {}", profile.ako.text, plan.ip_family);
    let mut canvas = Canvas::default();
    canvas.text(MARGIN, 28, Ink::Strong, &title);
    let mut notes = plan.notes();
    if notes.len() > TOLD {
        let more = format!("And {} more", notes.len() - TOLD);
        notes.truncate(TOLD);
        notes.push(more);
    }
    let description = notes.join(". ");
    let height = if !plan.works() {
        stopped(plan, &mut canvas)
    } else if plan.pools.len() > POOLS || plan.virtual_services.len() > 2 * POOLS {
        legend(&mut canvas);
        summary::draw(plan, &mut canvas)
    } else {
        legend(&mut canvas);
        Detail { plan, canvas: &mut canvas, nodes: BTreeMap::new() }.draw()
    };
    let height = unknown(plan, &mut canvas, height);
    canvas.finish(WIDTH, height + MARGIN, &title, &description)
}

/// What is assumed or not known; where it ends.
fn unknown(plan: &Plan, canvas: &mut Canvas, top: usize) -> usize {
    let notes = plan.assumptions();
    if notes.is_empty() {
        return top;
    }
    let mut y = top + 2 * LINE;
    canvas.text(MARGIN, y, Ink::Faint, "Assumed or unknown");
    for note in notes.iter().take(LEFT_OUT) {
        y += LINE;
        canvas.fitted(MARGIN + 18, y, Ink::Plain, note, 190);
    }
    if notes.len() > LEFT_OUT {
        y += LINE;
        canvas.text(MARGIN + 18, y, Ink::Faint, &format!("and {} more", notes.len() - LEFT_OUT));
    }
    y
}

fn legend(canvas: &mut Canvas) {
    let y = 50;
    canvas.mark(MARGIN + 6, y - 4, IpFamily::V4);
    canvas.text(MARGIN + 18, y, Ink::Plain, "IPv4");
    canvas.mark(MARGIN + 76, y - 4, IpFamily::V6);
    canvas.text(MARGIN + 88, y, Ink::Plain, "IPv6");
    canvas.cross(MARGIN + 146, y - 4);
    canvas.text(MARGIN + 156, y, Ink::Plain, "left out, or leads nowhere");
}

fn stopped(plan: &Plan, canvas: &mut Canvas) -> usize {
    let area = Area { x: MARGIN, y: 50, width: WIDTH - 2 * MARGIN, height: 74 };
    canvas.frame(area, Frame::Alarm);
    let (what, why) = match (&plan.rejected, &plan.crash) {
        (Some(rejected), _) => ("AKO does not start with this configuration", rejected.why.clone()),
        (_, crash) => {
            let why = crash.as_ref().map(|crash| format!("{}: {}", crash.object, crash.why));
            ("AKO dies, and again after each restart", why.unwrap_or_default())
        }
    };
    canvas.text(MARGIN + 14, 78, Ink::Alarm, what);
    canvas.fitted(MARGIN + 14, 78 + LINE, Ink::Plain, &why, area.room(28));
    canvas.text(MARGIN + 14, 78 + 2 * LINE, Ink::Faint, "Nothing is programmed.");
    area.y + area.height
}

fn families(set: Families) -> impl Iterator<Item = IpFamily> {
    [IpFamily::V4, IpFamily::V6].into_iter().filter(move |family| set.contains(*family))
}

/// What a pool lacks, in a line or two.
fn told(pool: &Pool) -> Vec<String> {
    let Some(first) = pool.dropped.first() else { return Vec::new() };
    let others = match pool.dropped.len() - 1 {
        0 => String::new(),
        others => format!(" (and {others} more)"),
    };
    let room = Area { x: 0, y: 0, width: SERVER.1, height: 0 }.room(38);
    wrapped(&format!("{}{others}: {}", first.what, first.why), room)
}

/// The picture of single pools.
struct Detail<'a, 'c> {
    plan: &'a Plan,
    canvas: &'c mut Canvas,
    nodes: BTreeMap<&'a str, Area>,
}

impl<'a> Detail<'a, '_> {
    fn draw(&mut self) -> usize {
        let heads =
            [(VIPS.0, "VIPs"), (POOL.0, "Pools"), (SERVER.0, "Servers"), (NODE.0, "Nodes and routes")];
        for (x, head) in heads {
            self.canvas.text(x, HEAD - 6, Ink::Faint, head);
        }
        let end_of_nodes = self.nodes();
        let mut y = HEAD;
        for service in &self.plan.virtual_services {
            if let VipOf::Own(vip) = &service.vip {
                y = self.virtual_service(service, vip, y) + GAP;
            }
        }
        self.left_out(y.max(end_of_nodes))
    }

    fn nodes(&mut self) -> usize {
        let plan = self.plan;
        let mut nodes: Vec<&NodePlan> = plan.nodes.iter().collect();
        if nodes.len() > NODES {
            // those without all their routes first
            nodes.sort_by_key(|node| (node.routes.len(), node.name.clone()));
        }
        let mut y = HEAD;
        if nodes.is_empty() && plan.routes_unknown.is_some() {
            self.canvas.text(NODE.0 + 10, y + LINE, Ink::Faint, "unknown");
        }
        for node in nodes.iter().take(NODES) {
            let lacking = self.lacking(node);
            let lines = 2 + node.routes.len().min(3) + lacking.len();
            let area = Area { x: NODE.0, y, width: NODE.1, height: lines * LINE + 10 };
            let frame = if lacking.is_empty() { Frame::Plain } else { Frame::Broken };
            self.canvas.frame(area, frame);
            let mut line = y + LINE;
            self.canvas.fitted(area.x + 10, line, Ink::Strong, &node.name, area.room(20));
            line += LINE;
            let addresses = [&node.v4, &node.v6].into_iter().filter(|address| !address.is_empty());
            let addresses: Vec<&str> = addresses.map(String::as_str).collect();
            let addresses = if addresses.is_empty() { "no address".to_owned() } else { addresses.join(" ") };
            self.canvas.fitted(area.x + 10, line, Ink::Faint, &addresses, area.room(20));
            for route in node.routes.iter().take(3) {
                line += LINE;
                self.canvas.mark(area.x + 16, line - 4, route.family);
                self.canvas.fitted(area.x + 28, line, Ink::Plain, &route.prefix, area.room(38));
            }
            for (index, part) in lacking.iter().enumerate() {
                line += LINE;
                if index == 0 {
                    self.canvas.cross(area.x + 16, line - 4);
                }
                self.canvas.text(area.x + 28, line, Ink::Alarm, part);
            }
            self.nodes.insert(node.name.as_str(), area);
            y += area.height + GAP;
        }
        if nodes.len() > NODES {
            let more = format!("and {} more nodes", nodes.len() - NODES);
            self.canvas.text(NODE.0 + 10, y + LINE, Ink::Faint, &more);
            y += 2 * LINE;
        }
        y
    }

    /// Why a node that should have a route of some family has none, in a line or two.
    fn lacking(&self, node: &NodePlan) -> Vec<String> {
        let works_with = |family: IpFamily| match family {
            IpFamily::V4 => self.plan.ip_family != "V6",
            IpFamily::V6 => self.plan.ip_family != "V4",
        };
        let has = |family: IpFamily| node.routes.iter().any(|route| route.family == family);
        let mut both = [IpFamily::V4, IpFamily::V6].into_iter();
        if !self.plan.has_known_routes() || !both.any(|family| works_with(family) && !has(family)) {
            return Vec::new();
        }
        let why = node.dropped.first().map_or("no route", |dropped| dropped.why.as_str());
        wrapped(why, Area { x: 0, y: 0, width: NODE.1, height: 0 }.room(38))
    }

    /// A virtual service with its pools and those of its children; where it ends.
    fn virtual_service(&mut self, service: &'a VirtualService, vip: &Vip, top: usize) -> usize {
        let plan = self.plan;
        let below = |name: &str| {
            let child = plan.virtual_services.iter().find(|child| child.name == name);
            child.is_some_and(|child| child.vip == VipOf::Parent(service.name.clone()))
        };
        let pools: Vec<&Pool> = plan
            .pools
            .iter()
            .filter(|pool| pool.virtual_service == service.name || below(&pool.virtual_service))
            .collect();
        let owners: Vec<String> = service.owners.iter().take(3).map(ObjectRef::to_string).collect();
        let more = service.owners.len() - owners.len();
        let lines = 2 + owners.len() + vip.subnets.len() + usize::from(more > 0);
        let lines = lines + usize::from(vip.preferred.is_some());
        let start = Area { x: VIPS.0, y: top, width: VIPS.1, height: lines * LINE + 12 };
        let mut y = top;
        for pool in &pools {
            y = self.pool(pool, y, start) + GAP;
        }
        self.canvas.frame(start, Frame::Plain);
        let mut line = top + LINE;
        let x = start.x + 10;
        self.canvas.fitted(x, line, Ink::Strong, &service.name, start.room(20));
        for owner in owners {
            line += LINE;
            self.canvas.fitted(x, line, Ink::Faint, &owner, start.room(20));
        }
        if more > 0 {
            line += LINE;
            self.canvas.text(x, line, Ink::Faint, &format!("and {more} more"));
        }
        line += LINE;
        let mut at = x + 6;
        for family in families(vip.families) {
            self.canvas.mark(at, line - 4, family);
            at += 18;
        }
        self.canvas.text(at, line, Ink::Plain, &format!("VIP {}", vip.allocation()));
        for subnet in &vip.subnets {
            line += LINE;
            self.canvas.fitted(x, line, Ink::Plain, subnet, start.room(20));
        }
        if let Some(preferred) = &vip.preferred {
            line += LINE;
            let prefers = format!("prefers {}", preferred.address);
            self.canvas.fitted(x, line, Ink::Plain, &prefers, start.room(20));
        }
        (start.y + start.height).max(y.saturating_sub(GAP))
    }

    fn pool(&mut self, pool: &'a Pool, top: usize, from: Area) -> usize {
        let shown: Vec<&Server> = pool.servers.iter().take(SERVERS).collect();
        let more = pool.servers.len() - shown.len();
        let is_empty = pool.servers.is_empty() && pool.unknown.is_none();
        let told = told(pool);
        let unknown = usize::from(is_empty || pool.unknown.is_some());
        let lines = shown.len() + usize::from(more > 0) + unknown + told.len();
        let height = (lines * LINE + 12).max(2 * LINE + 12);
        let area = Area { x: POOL.0, y: top, width: POOL.1, height };
        let servers = Area { x: SERVER.0, y: top, width: SERVER.1, height };
        let frame = if is_empty { Frame::Broken } else { Frame::Plain };
        self.canvas.link((from.right(), from.y + LINE), (area.x, area.middle()));
        self.canvas.link((area.right(), area.middle()), (servers.x, servers.middle()));
        self.canvas.frame(area, frame);
        self.canvas.frame(servers, frame);
        let title = if pool.path.is_empty() { &pool.name } else { &pool.path };
        self.canvas.fitted(area.x + 10, top + LINE, Ink::Strong, title, area.room(20));
        let service = format!("Service {}", pool.service);
        self.canvas.fitted(area.x + 10, top + 2 * LINE, Ink::Faint, &service, area.room(20));
        let mut line = top;
        for server in shown {
            line += LINE;
            self.server(server, servers, line);
        }
        if more > 0 {
            line += LINE;
            self.canvas.text(servers.x + 28, line, Ink::Faint, &format!("and {more} more servers"));
        }
        if let Some(unknown) = &pool.unknown {
            line += LINE;
            self.canvas.fitted(servers.x + 10, line, Ink::Faint, unknown, servers.room(20));
        }
        if is_empty {
            line += LINE;
            self.canvas.cross(servers.x + 16, line - 4);
            self.canvas.text(servers.x + 28, line, Ink::Alarm, "no server");
        }
        for (index, part) in told.iter().enumerate() {
            line += LINE;
            if index == 0 && !is_empty {
                self.canvas.cross(servers.x + 16, line - 4);
            }
            self.canvas.text(servers.x + 28, line, Ink::Faint, part);
        }
        top + height
    }

    fn server(&mut self, server: &'a Server, area: Area, line: usize) {
        self.canvas.mark(area.x + 16, line - 4, server.family);
        let ink = match (server.is_mislabelled(), server.enabled) {
            (true, _) => Ink::Alarm,
            (_, true) => Ink::Plain,
            (_, false) => Ink::Faint,
        };
        let disabled = if server.enabled { "" } else { " disabled" };
        let place = format!("{}{disabled}", place(server));
        self.canvas.fitted(area.x + 28, line, ink, &place, area.room(38));
        let leads = self.plan.is_reachable(server) != Some(false);
        if let Some(node) = self.nodes.get(&*server.node) {
            let y = node.y + LINE;
            self.canvas.route((area.right(), line - 4), (node.x, y), server.family, leads);
        } else if !leads {
            self.canvas.route((area.right(), line - 4), (area.right(), line - 4), server.family, false);
        }
    }

    fn left_out(&mut self, top: usize) -> usize {
        let mut y = top + GAP;
        let left_out = &self.plan.left_out;
        if left_out.is_empty() {
            return y;
        }
        y += LINE;
        self.canvas.text(MARGIN, y, Ink::Faint, "Left out by AKO");
        for left in left_out.iter().take(LEFT_OUT) {
            y += LINE;
            self.canvas.cross(MARGIN + 6, y - 4);
            let part = if left.part.is_empty() { String::new() } else { format!(", {}", left.part) };
            let text = format!("{}{part}: {}", left.object, left.why);
            self.canvas.fitted(MARGIN + 18, y, Ink::Plain, &text, 190);
        }
        if left_out.len() > LEFT_OUT {
            y += LINE;
            let more = format!("and {} more", left_out.len() - LEFT_OUT);
            self.canvas.text(MARGIN + 18, y, Ink::Faint, &more);
        }
        y + GAP
    }
}
