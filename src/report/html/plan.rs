//! What AKO would program, and what other products derive, as pictures and tables.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::frame::Section;
use super::writer::{Html, code, plain};
use crate::model::{Families, IpFamily, ObjectRef, Profile};
use crate::plan::Value;
use crate::plan::ako::{Dropped, NodePlan, Plan, Pool, VipOf, VirtualService};
use crate::report::plan::tree::{count, place};
use crate::report::plan::{Planned, Report, svg};

/// Servers of a pool, and things left out of one, that are shown; more are counted.
const SHOWN: usize = 20;

/// The outcome in one line.
pub(super) fn verdict(report: &Report<'_>) -> String {
    match &report.ako {
        Some(ako) => {
            let counts = ako.judged.counts();
            format!("{}; {} denied, {} warned", state(&ako.plan), counts.deny, counts.warn)
        }
        None if report.planned.is_empty() => "Nothing to plan.".to_owned(),
        None => "What the tools derive of their documents.".to_owned(),
    }
}

/// Whether AKO works, in a line.
pub(super) fn state(plan: &Plan) -> String {
    match (&plan.rejected, &plan.crash) {
        (Some(rejected), _) => format!("AKO does not start: {}", rejected.why),
        (None, Some(crash)) => format!("AKO dies over {}: {}", crash.object, crash.why),
        (None, None) => {
            let counts = [
                count(plan.virtual_services.len(), "virtual service"),
                count(plan.pools.len(), "pool"),
                count(plan.routes().count(), "static route"),
            ];
            format!("AKO works with ipFamily {}: {}", plan.ip_family, counts.join(", "))
        }
    }
}

/// The sections of a plan.
pub(super) fn sections(report: &Report<'_>) -> Vec<Section> {
    let mut sections = Vec::new();
    if let Some(ako) = &report.ako {
        let plan = &ako.plan;
        let (mut notes, mut left_out) = (Html::default(), Html::default());
        if !plan.notes().is_empty() {
            notes.list(plan.notes());
        }
        if !plan.left_out.is_empty() {
            let row = |left: &crate::plan::ako::LeftOut| {
                let part = if left.part.is_empty() { "all of it" } else { &left.part };
                vec![named(&left.object), plain(part), plain(&left.why)]
            };
            left_out.table(
                "Objects and parts of them",
                &["Object", "Part", "Why"],
                plan.left_out.iter().map(row),
            );
        }
        sections.extend([
            Section { id: "notes", title: "Look at", body: notes },
            Section {
                id: "picture",
                title: "Picture",
                body: picture(plan, report.profile, "What AKO would program"),
            },
            Section { id: "services", title: "Virtual services", body: virtual_services(plan) },
            Section { id: "pools", title: "Pools", body: pools(plan) },
            Section { id: "nodes", title: "Nodes", body: nodes(plan) },
            Section { id: "left-out", title: "Left out by AKO", body: left_out },
        ]);
    }
    let mut derived = Html::default();
    for planned in &report.planned {
        document(&mut derived, planned);
    }
    sections.push(Section { id: "derived", title: "Derived of documents", body: derived });
    sections
}

/// A picture in the page itself. What it shows stands in tables too.
pub(super) fn picture(plan: &Plan, profile: &Profile, caption: &str) -> Html {
    let mut html = Html::default();
    html.mark("<figure><div class=\"picture\" role=\"region\" tabindex=\"0\" aria-label=\"Picture: ");
    html.text(caption).mark("\"><img alt=\"").text(caption).mark(", with AKO ").text(&profile.ako.text);
    html.mark(": ").text(&state(plan)).mark(". The tables of this page say the same in words.\" ");
    html.mark("src=\"data:image/svg+xml;base64,").text(&STANDARD.encode(svg::render(plan, profile)));
    html.mark("\"/></div><figcaption>").text(caption).mark("</figcaption></figure>\n");
    html
}

/// An object as kubectl names it.
pub(super) fn named(object: &ObjectRef) -> Html {
    code(&object.to_string())
}

/// Families, told apart without colour.
pub(super) fn families(families: Families) -> Html {
    let mut html = Html::default();
    match (families.v4, families.v6) {
        (false, false) => html.mark("none"),
        (true, true) => html.mark("<b class=\"v4\">v4</b>+<b class=\"v6\">v6</b>"),
        (true, false) => html.mark("<b class=\"v4\">v4</b>"),
        (false, true) => html.mark("<b class=\"v6\">v6</b>"),
    };
    html
}

fn virtual_services(plan: &Plan) -> Html {
    let row = |service: &VirtualService| {
        let mut owners = Html::default();
        for owner in service.owners.iter().take(SHOWN) {
            owners.mark("<code>").text(&owner.to_string()).mark("</code> ");
        }
        if service.owners.len() > SHOWN {
            owners.text(&format!("and {} more", service.owners.len() - SHOWN));
        }
        let (kind, from) = match &service.vip {
            VipOf::Own(vip) => {
                let mut kind = families(vip.families);
                kind.mark(" (").mark(vip.allocation()).mark(")");
                if let Some(preferred) = &vip.preferred {
                    kind.mark(", prefers <code>").text(&preferred.address).mark("</code> as ");
                    kind.text(&preferred.family.to_string());
                }
                let subnets = if vip.subnets.is_empty() { &vip.networks } else { &vip.subnets };
                (kind, plain(&format!("{}, from {}", subnets.join(", "), vip.origin)))
            }
            VipOf::Parent(parent) => (plain("that of its parent"), code(parent)),
        };
        vec![code(&service.name), owners, kind, from]
    };
    let rows = plan.virtual_services.iter().map(row);
    let mut html = Html::default();
    if rows.len() > 0 {
        html.table(
            "Virtual services and their VIPs",
            &["Virtual service", "For", "VIP", "Networks, or parent"],
            rows,
        );
    }
    html
}

fn pools(plan: &Plan) -> Html {
    let mut all: Vec<&Pool> = plan.pools.iter().collect();
    // those with something to look at first
    all.sort_by_key(|pool| {
        (!(pool.servers.is_empty() && pool.unknown.is_none()), pool.dropped.is_empty(), &pool.name)
    });
    let row = |pool: &&Pool| {
        let mut name = code(&pool.name);
        if !pool.path.is_empty() {
            name.mark("<br/>for <code>").text(&pool.path).mark("</code>");
        }
        vec![name, code(&pool.service), servers(plan, pool), dropped(&pool.dropped)]
    };
    let rows = all.iter().map(row);
    let mut html = Html::default();
    if rows.len() > 0 {
        html.table("Pools and their servers", &["Pool", "Service", "Servers", "Left out"], rows);
    }
    html
}

fn servers(plan: &Plan, pool: &Pool) -> Html {
    let mut html = Html::default();
    if let Some(unknown) = &pool.unknown {
        html.mark("unknown: ").text(unknown);
    } else if pool.servers.is_empty() {
        html.mark("<strong class=\"alarm\">no server</strong>");
    }
    if pool.servers.is_empty() {
        return html;
    }
    html.mark("<ul>");
    for server in pool.servers.iter().take(SHOWN) {
        html.mark("<li>").add(&families([server.family].into_iter().collect())).mark(" <code>");
        html.text(&place(server)).mark("</code>");
        if !server.node.is_empty() {
            html.mark(" on <code>").text(&server.node).mark("</code>");
        }
        if plan.is_reachable(server) == Some(false) {
            html.mark(" <strong class=\"alarm\">no route</strong>");
        }
        if server.is_mislabelled() {
            html.mark(" <strong class=\"alarm\">wrong family</strong>");
        }
        html.mark(if server.enabled { "</li>" } else { " disabled</li>" });
    }
    html.mark("</ul>");
    more(&mut html, pool.servers.len());
    html
}

fn dropped(dropped: &[Dropped]) -> Html {
    let mut html = Html::default();
    if dropped.is_empty() {
        return plain("nothing");
    }
    html.mark("<ul>");
    for Dropped { what, why } in dropped.iter().take(SHOWN) {
        html.mark("<li>").text(what).mark(": ").text(why).mark("</li>");
    }
    html.mark("</ul>");
    more(&mut html, dropped.len());
    html
}

fn more(html: &mut Html, count: usize) {
    if count > SHOWN {
        html.text(&format!("and {} more", count - SHOWN));
    }
}

fn nodes(plan: &Plan) -> Html {
    let mut html = Html::default();
    if plan.nodes.is_empty() {
        return html;
    }
    if let Some(why) = plan.no_routes {
        html.mark("<p>No static routes: ").text(why).mark("</p>\n");
    }
    if let Some(why) = &plan.routes_unknown {
        html.mark("<p>Static routes unknown: ").text(why).mark("</p>\n");
    }
    let mut all: Vec<&NodePlan> = plan.nodes.iter().collect();
    all.sort_by_key(|node| node.dropped.is_empty());
    let row = |node: &&NodePlan| {
        let addresses = [&node.v4, &node.v6].into_iter().filter(|address| !address.is_empty());
        let addresses: Vec<&str> = addresses.map(String::as_str).collect();
        let mut routes = Html::default();
        for route in node.routes.iter().take(SHOWN) {
            let family: IpFamily = route.family;
            routes.mark("<div>").add(&families([family].into_iter().collect())).mark(" <code>");
            routes.text(&route.prefix).mark("</code> via <code>").text(&route.next_hop);
            routes.mark("</code></div>");
        }
        if node.routes.is_empty() {
            routes.mark(if plan.routes_unknown.is_some() { "unknown" } else { "none" });
        }
        more(&mut routes, node.routes.len());
        let addresses = if addresses.is_empty() { plain("none") } else { code(&addresses.join(" ")) };
        vec![code(&node.name), addresses, routes, dropped(&node.dropped)]
    };
    let rows = all.iter().map(row);
    html.table("Nodes and the routes to their Pods", &["Node", "Addresses", "Routes", "Left out"], rows);
    html
}

/// What a tool derives of one document: a table for each map of maps, and one of what is left.
fn document(html: &mut Html, planned: &Planned<'_>) {
    html.mark("<h3><code>").text(&planned.object.to_string()).mark("</code> in <code>");
    html.text(&planned.file).mark("</code></h3>\n");
    let derived = planned.plan.derived();
    let mut rows = Vec::new();
    for (name, value) in entries(&derived) {
        let is_nested = entries(value).iter().any(|(_, inner)| matches!(inner, Value::Map(_)));
        if !is_nested {
            rows.push(vec![code(name), code(&value.to_string())]);
            continue;
        }
        let inner = entries(value).iter().map(|(key, values)| {
            let mut listed = Html::default();
            for (name, value) in entries(values) {
                listed.mark("<div>").text(name).mark(": <code>").text(&value.to_string());
                listed.mark("</code></div>");
            }
            vec![code(key), listed]
        });
        html.table(name, &["Name", "Derived"], inner);
    }
    if !rows.is_empty() {
        html.table("Values", &["Name", "Value"], rows.into_iter());
    }
}

fn entries(value: &Value) -> &[(String, Value)] {
    match value {
        Value::Map(entries) => entries,
        Value::Text(_) | Value::Number(_) => &[],
    }
}
