//! A plan too large to be drawn pool by pool: how many of each kind, and the ones that need looking at.

use super::canvas::{Area, Canvas, Ink, LINE};
use super::{HEAD, MARGIN, families};
use crate::model::{Families, IpFamily};
use crate::plan::ako::{Plan, Pool, VipOf};

/// Pools that are named because they have no server.
const NAMED: usize = 20;

const BAR: usize = 420;

/// A kind of thing, and how many there are of it.
struct Count {
    label: String,
    families: Vec<IpFamily>,
    number: usize,
}

/// Draws the counts; where they end.
pub(super) fn draw(plan: &Plan, canvas: &mut Canvas) -> usize {
    let vips = plan.virtual_services.iter().filter_map(|service| match &service.vip {
        VipOf::Own(vip) => Some(vip.families),
        VipOf::Parent(_) => None,
    });
    let (pools, unknown): (Vec<&Pool>, Vec<&Pool>) =
        plan.pools.iter().partition(|pool| pool.unknown.is_none());
    let mut y = group(canvas, "VIPs", &by_family(vips, "without a family"), HEAD);
    let mut counts = by_family(pools.into_iter().map(Pool::families), "EMPTY");
    if !unknown.is_empty() {
        counts.push(Count { label: "unknown".to_owned(), families: Vec::new(), number: unknown.len() });
    }
    y = group(canvas, "Pools, by the families of their servers", &counts, y);
    let servers = plan.pools.iter().flat_map(|pool| pool.servers.iter());
    let lost = servers.clone().filter(|server| plan.is_reachable(server) == Some(false)).count();
    let mut counts = by_family(servers.map(|server| [server.family].into_iter().collect()), "");
    if lost > 0 {
        counts.push(Count { label: "without a route".to_owned(), families: Vec::new(), number: lost });
    }
    if !counts.is_empty() {
        y = group(canvas, "Servers", &counts, y);
    }
    if plan.has_known_routes() {
        let routes =
            |node: &crate::plan::ako::NodePlan| node.routes.iter().map(|route| route.family).collect();
        y = group(
            canvas,
            "Nodes, by the routes to them",
            &by_family(plan.nodes.iter().map(routes), "no route"),
            y,
        );
    }
    named(plan, canvas, y)
}

fn by_family(sets: impl Iterator<Item = Families>, none: &str) -> Vec<Count> {
    let kinds = [Families::V4, Families::V6, Families::BOTH, Families::NONE];
    let mut counts = kinds.map(|kind| (kind, 0_usize));
    for set in sets {
        if let Some((_, count)) = counts.iter_mut().find(|(kind, _)| *kind == set) {
            *count += 1;
        }
    }
    let named = counts.into_iter().filter(|(_, number)| *number > 0);
    named
        .map(|(kind, number)| Count {
            label: if kind == Families::NONE { none.to_owned() } else { kind.to_string() },
            families: families(kind).collect(),
            number,
        })
        .collect()
}

fn group(canvas: &mut Canvas, title: &str, counts: &[Count], top: usize) -> usize {
    let mut y = top + LINE;
    canvas.text(MARGIN, y, Ink::Strong, title);
    let most = counts.iter().map(|count| count.number).max().unwrap_or(1).max(1);
    for count in counts {
        y += LINE + 3;
        canvas.text(MARGIN + 10, y, Ink::Plain, &count.label);
        let mut x = MARGIN + 130;
        for family in &count.families {
            canvas.mark(x, y - 4, *family);
            x += 16;
        }
        let width = (count.number * BAR / most).max(2);
        canvas.bar(Area { x: MARGIN + 190, y: y - 11, width, height: 14 }, &count.families);
        let ink = if count.families.is_empty() { Ink::Alarm } else { Ink::Plain };
        canvas.text(MARGIN + 200 + width, y, ink, &count.number.to_string());
    }
    y + LINE
}

/// The pools without a server, by name, and why.
fn named(plan: &Plan, canvas: &mut Canvas, top: usize) -> usize {
    let empty: Vec<_> =
        plan.pools.iter().filter(|pool| pool.servers.is_empty() && pool.unknown.is_none()).collect();
    if empty.is_empty() {
        return top;
    }
    let mut y = top + LINE;
    canvas.text(MARGIN, y, Ink::Strong, "Pools without a server");
    for pool in empty.iter().take(NAMED) {
        y += LINE;
        canvas.cross(MARGIN + 6, y - 4);
        let why = pool.dropped.first().map_or("", |dropped| dropped.why.as_str());
        canvas.fitted(MARGIN + 18, y, Ink::Plain, &format!("{} ({}): {why}", pool.name, pool.service), 190);
    }
    if empty.len() > NAMED {
        y += LINE;
        canvas.text(MARGIN + 18, y, Ink::Faint, &format!("and {} more", empty.len() - NAMED));
    }
    y + LINE
}
