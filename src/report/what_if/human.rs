//! What a change would do, as text.

use super::{Report, Told};
use crate::matrix::Row;
use crate::model::{Action, Profile};
use crate::plan::ako::change::{Change, Pair, PoolChange, vip};
use crate::plan::ako::{Plan, Pool, Server, Vip, VirtualService};
use crate::report::plan::tree::port;
use crate::report::text::{one_line, shown};
use crate::rules;

/// Lines of a kind that are shown; more are counted.
const SHOWN: usize = 50;

/// Longest text of a finding.
const MESSAGE: usize = 160;

/// The change as text: the verdict first, what is assumed last.
pub fn render(report: &Report) -> String {
    let mut lines = Vec::new();
    notes(&mut lines, report.unknown());
    differences(report) + &joined(&lines)
}

/// What is assumed or not known.
pub(super) fn notes(lines: &mut Vec<String>, unknown: impl IntoIterator<Item = String>) {
    section(lines, "Assumed or unknown", unknown.into_iter().collect());
}

pub(super) fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| shown(line) + "\n").collect()
}

/// What differs, without what is assumed.
pub(super) fn differences(report: &Report) -> String {
    let mut lines = vec![format!("{}: {}", report.to.join(", "), report.verdict())];
    section(&mut lines, "Findings that appear", findings(&report.appearing(), &report.after.judged.profile));
    section(&mut lines, "Findings that vanish", findings(&report.vanishing(), &report.before.judged.profile));
    if let Some(change) = report.change() {
        section(&mut lines, "AKO itself", start(&change));
        section(&mut lines, "Virtual services", change.virtual_services.iter().map(service).collect());
        let mut pools: Vec<&(PoolChange, Pair<'_, Pool>)> = change.pools.iter().collect();
        pools.sort_by_key(|(what, pair)| (*what, pair.after.or(pair.before).map(|pool| &pool.name)));
        section(&mut lines, "Pools", pools.into_iter().map(|(what, pair)| pool(*what, pair)).collect());
        let lost = change.routes_lost.iter().map(|route| format!("- {}", routed(route)));
        let gained = change.routes_gained.iter().map(|route| format!("+ {}", routed(route)));
        section(&mut lines, "Static routes", lost.chain(gained).collect());
        let told = |sign: &str, left: &crate::plan::ako::LeftOut| {
            let part = if left.part.is_empty() { String::new() } else { format!(", {}", left.part) };
            format!("{sign} {}{part}: {}", left.object, left.why)
        };
        let before = change.left_out_before.iter().map(|left| told("-", left));
        let after = change.left_out_after.iter().map(|left| told("+", left));
        section(&mut lines, "Left out by AKO", before.chain(after).collect());
    }
    for unreadable in &report.unreadable {
        lines.push(format!("unreadable {}: {}", unreadable.place(), unreadable.message));
    }
    joined(&lines)
}

fn section(lines: &mut Vec<String>, title: &str, entries: Vec<String>) {
    if entries.is_empty() {
        return;
    }
    let more = entries.len().saturating_sub(SHOWN);
    lines.push(String::new());
    lines.push(title.to_owned());
    lines.extend(entries.into_iter().take(SHOWN).map(|entry| format!("  {entry}")));
    if more > 0 {
        lines.push(format!("  ... and {more} more"));
    }
}

fn findings(told: &[Told<'_>], profile: &Profile) -> Vec<String> {
    let line = |(checked, judged): &Told<'_>| {
        let action = match judged.action {
            Action::Deny => "!! deny",
            Action::Warn => "!  warn",
            _ => "   note",
        };
        let finding = &judged.finding;
        let rule = rules::find(finding.rule);
        let row = rule.and_then(|rule| rule.enforces.first()).map_or(String::new(), |row| cell(row, profile));
        let message = one_line(&finding.message, MESSAGE);
        format!("{action} {} {}: {message} ({}{row})", checked.object, finding.field, finding.rule)
    };
    told.iter().map(line).collect()
}

/// What the matrix says at the release of the row's product.
fn cell(row: &Row, profile: &Profile) -> String {
    let release = profile.release(row.product);
    let support = row.cell(release.value).map_or("-", |cell| cell.support.name());
    format!("; {}: {support} at {} {}", row.capability, row.product.name(), release.text)
}

fn start(change: &Change<'_>) -> Vec<String> {
    let state = |plan: &Plan| match (&plan.rejected, &plan.crash) {
        (Some(rejected), _) => format!("does not start: {}", rejected.why),
        (None, Some(crash)) => format!("dies over {}: {}", crash.object, crash.why),
        (None, None) => format!("works with ipFamily {}", plan.ip_family),
    };
    let (before, after) = (state(change.before), state(change.after));
    if before == after { Vec::new() } else { vec![format!("- {before}"), format!("+ {after}")] }
}

/// What a VIP is asked for as.
pub(in crate::report) fn asked(vip: &Vip) -> String {
    let subnets = if vip.subnets.is_empty() { vip.networks.join(", ") } else { vip.subnets.join(", ") };
    let preferred = vip.preferred.as_ref().map_or(String::new(), |preferred| {
        format!(", prefers {} as {}", preferred.address, preferred.family)
    });
    format!("{} of {subnets}{preferred}", vip.allocation())
}

fn service(pair: &Pair<'_, VirtualService>) -> String {
    let of = |service: &VirtualService| vip(service).map_or("the VIP of its parent".to_owned(), asked);
    match (pair.before, pair.after) {
        (Some(before), Some(after)) => format!("~ {}: {} -> {}", after.name, of(before), of(after)),
        (Some(before), None) => format!("- {}: {}", before.name, of(before)),
        (None, Some(after)) => format!("+ {}: {}", after.name, of(after)),
        (None, None) => String::new(),
    }
}

/// What becomes of a pool, to follow its name.
pub(in crate::report) fn becomes(what: PoolChange) -> &'static str {
    match what {
        PoolChange::Empties => "loses its last server",
        PoolChange::Vanishes => "vanishes",
        PoolChange::LosesFamily => "loses a family",
        PoolChange::Changes => "gets other servers",
        PoolChange::GainsFamily => "gains a family",
        PoolChange::Fills => "gets its first servers",
        PoolChange::Appears => "appears",
    }
}

fn pool(what: PoolChange, pair: &Pair<'_, Pool>) -> String {
    let name = pair.after.or(pair.before).map_or("", |pool| &pool.name);
    let sign = match what {
        PoolChange::Empties | PoolChange::LosesFamily => "!",
        PoolChange::Vanishes => "-",
        PoolChange::Changes | PoolChange::GainsFamily | PoolChange::Fills => "~",
        PoolChange::Appears => "+",
    };
    let words = becomes(what);
    let known = |pool: &Pool| match &pool.unknown {
        Some(why) => format!("servers unknown ({why})"),
        None => listed(&pool.servers),
    };
    let servers = |pool: Option<&Pool>| pool.map_or("nothing".to_owned(), known);
    let (before, after) = (servers(pair.before), servers(pair.after));
    let reason = pair.after.filter(|pool| what.is_worse() && !pool.dropped.is_empty());
    let reason = reason.and_then(|pool| pool.dropped.first());
    let reason = reason.map_or(String::new(), |dropped| format!(" ({}: {})", dropped.what, dropped.why));
    format!("{sign} {name} {words}: {before} -> {after}{reason}")
}

/// The first servers, and how many more there are.
fn listed(servers: &[Server]) -> String {
    if servers.is_empty() {
        return "no server".to_owned();
    }
    let mut listed: Vec<String> =
        servers.iter().take(4).map(|server| format!("{} port {}", server.address, port(server))).collect();
    if servers.len() > listed.len() {
        listed.push(format!("{} more", servers.len() - listed.len()));
    }
    listed.join(", ")
}

fn routed([node, prefix, next_hop]: &[&str; 3]) -> String {
    format!("{node}: {prefix} via {next_hop}")
}
