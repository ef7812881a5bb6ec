//! What differs between two plans.

use super::frame::Section;
use super::plan::{families, named, picture, state};
use super::writer::{Html, code, plain};
use crate::plan::ako::change::{Change, Pair, PoolChange, vip};
use crate::plan::ako::{LeftOut, Pool, VirtualService};
use crate::report::plan::tree::place;
use crate::report::what_if::Report;
use crate::report::what_if::human::{asked, becomes};

/// Servers of a pool that are shown.
const SHOWN: usize = 8;

/// The sections of a change.
pub(super) fn sections(report: &Report) -> Vec<Section> {
    let Some(change) = report.change() else { return Vec::new() };
    let mut pictures = Html::default();
    if !change.is_empty() {
        pictures.add(&picture(change.before, &report.before.judged.profile, "Before"));
        pictures.add(&picture(change.after, &report.after.judged.profile, "After"));
    }
    let mut sections = Vec::from(differences(&change));
    sections.push(Section { id: "pictures", title: "Pictures", body: pictures });
    sections
}

/// Those without pictures.
pub(super) fn differences(change: &Change<'_>) -> [Section; 5] {
    let mut ako = Html::default();
    let (before, after) = (state(change.before), state(change.after));
    if !change.is_empty() {
        ako.mark("<dl><dt>Before</dt><dd>").text(&before).mark("</dd><dt>After</dt><dd>").text(&after);
        ako.mark("</dd></dl>\n");
    }
    [
        Section { id: "ako", title: "AKO itself", body: ako },
        Section { id: "services", title: "Virtual services", body: virtual_services(change) },
        Section { id: "pools", title: "Pools", body: pools(change) },
        Section { id: "routes", title: "Static routes", body: routes(change) },
        Section { id: "left-out", title: "Left out by AKO", body: left_out(change) },
    ]
}

/// A table, or nothing where there is no row.
fn table(caption: &str, heads: &[&'static str], rows: impl ExactSizeIterator<Item = Vec<Html>>) -> Html {
    let mut html = Html::default();
    if rows.len() > 0 {
        html.table(caption, heads, rows);
    }
    html
}

fn side<T>(item: Option<&T>, show: impl Fn(&T) -> Html) -> Html {
    item.map_or_else(|| plain("not there"), show)
}

fn virtual_services(change: &Change<'_>) -> Html {
    let of = |service: &VirtualService| match vip(service) {
        Some(vip) => {
            let mut html = families(vip.families);
            html.mark(" ").text(&asked(vip));
            html
        }
        None => plain("the VIP of its parent"),
    };
    let row = |pair: &Pair<'_, VirtualService>| {
        let name = pair.after.or(pair.before).map_or("", |service| &service.name);
        vec![code(name), side(pair.before, of), side(pair.after, of)]
    };
    let rows = change.virtual_services.iter().map(row);
    table("VIPs that change", &["Virtual service", "Before", "After"], rows)
}

fn pools(change: &Change<'_>) -> Html {
    let mut pools: Vec<&(PoolChange, Pair<'_, Pool>)> = change.pools.iter().collect();
    pools.sort_by_key(|(what, pair)| (*what, pair.after.or(pair.before).map(|pool| &pool.name)));
    let row = |(what, pair): &&(PoolChange, Pair<'_, Pool>)| {
        let name = pair.after.or(pair.before).map_or("", |pool| &pool.name);
        let mut said = Html::default();
        said.mark(if what.is_worse() { "<strong class=\"alarm\">" } else { "<span>" });
        said.mark(becomes(*what)).mark(if what.is_worse() { "</strong>" } else { "</span>" });
        let mut after = side(pair.after, servers);
        if let Some(dropped) = pair.after.filter(|_| what.is_worse()).and_then(|pool| pool.dropped.first()) {
            after.mark("<p>").text(&dropped.what).mark(": ").text(&dropped.why).mark("</p>");
        }
        vec![code(name), said, side(pair.before, servers), after]
    };
    let rows = pools.iter().map(row);
    table("Pools that change, the worst first", &["Pool", "It", "Before", "After"], rows)
}

fn servers(pool: &Pool) -> Html {
    let mut html = Html::default();
    if pool.servers.is_empty() {
        html.text(pool.unknown.as_deref().unwrap_or("no server"));
        return html;
    }
    html.mark("<ul>");
    for server in pool.servers.iter().take(SHOWN) {
        html.mark("<li>").add(&families([server.family].into_iter().collect())).mark(" <code>");
        html.text(&place(server)).mark("</code></li>");
    }
    html.mark("</ul>");
    if pool.servers.len() > SHOWN {
        html.text(&format!("and {} more", pool.servers.len() - SHOWN));
    }
    html
}

fn routes(change: &Change<'_>) -> Html {
    let row = |what: &'static str, [node, prefix, next_hop]: &[&str; 3]| {
        vec![code(node), plain(what), code(prefix), code(next_hop)]
    };
    let lost = change.routes_lost.iter().map(|route| row("lost", route));
    let gained = change.routes_gained.iter().map(|route| row("gained", route));
    let rows: Vec<Vec<Html>> = lost.chain(gained).collect();
    table("Routes lost and gained", &["Node", "Route", "Range", "Next hop"], rows.into_iter())
}

fn left_out(change: &Change<'_>) -> Html {
    let row = |what: &'static str, left: &LeftOut| {
        let part = if left.part.is_empty() { "all of it" } else { &left.part };
        vec![named(&left.object), plain(what), plain(part), plain(&left.why)]
    };
    let before = change.left_out_before.iter().map(|left| row("no longer left out", left));
    let after = change.left_out_after.iter().map(|left| row("left out from then on", left));
    let rows: Vec<Vec<Html>> = after.chain(before).collect();
    table("What AKO builds or leaves out", &["Object", "It is", "Part", "Why"], rows.into_iter())
}
