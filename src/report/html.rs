//! One page of HTML to attach to a change ticket: findings, the support matrix, what AKO would program, pictures, and
//! what a change does.
//!
//! It loads nothing, runs no script and needs none. Its content security policy allows its one style sheet, named by
//! its hash, and the pictures it carries in itself.

mod change;
mod findings;
mod frame;
mod matrix;
mod path;
mod plan;
mod writer;

use super::check::Unreadable;
use super::what_if::path::Path;
use super::{check, plan as plans, what_if};
use crate::model::{Action, Product, Profile, Source};
use crate::rules;
use findings::Told;
use frame::{Head, Mood, Section};
pub use path::Differences;
use writer::Html;

/// The page of `check`.
pub fn check(report: &check::Report) -> String {
    let told: Vec<Told<'_>> = report.findings().collect();
    let head = Head {
        title: "What ako-gate check found",
        verdict: report.summary(),
        mood: mood(report),
        profiles: vec![("", &report.profile)],
        notes: report.notes(),
        unreadable: &report.unreadable,
    };
    let sections = [
        Section { id: "findings", title: "Findings", body: findings::listed("", &told, &report.profile) },
        of_matrix(&told, &[("this release", &report.profile)]),
    ];
    frame::document(&head, &findings::filter(&told), &sections)
}

/// The page of `plan`.
pub fn plan(report: &plans::Report<'_>) -> String {
    let judged = report.ako.as_ref().map(|ako| &ako.judged);
    let told: Vec<Told<'_>> = judged.into_iter().flat_map(check::Report::findings).collect();
    let mut notes = report.remarks();
    notes.extend(report.ako.iter().flat_map(|ako| ako.plan.unknown.iter().cloned()));
    let head = Head {
        title: "What ako-gate plan derives",
        verdict: plan::verdict(report),
        mood: match &report.ako {
            Some(ako) if !ako.plan.works() => Mood::Bad,
            Some(ako) => mood(&ako.judged),
            None => Mood::Good,
        },
        profiles: vec![("", report.profile)],
        notes,
        unreadable: &report.unreadable,
    };
    let mut sections = plan::sections(report);
    if report.ako.is_some() {
        let body = findings::listed("", &told, report.profile);
        sections.push(Section { id: "findings", title: "Findings", body });
    }
    sections.push(of_matrix(&told, &[("this release", report.profile)]));
    frame::document(&head, &findings::filter(&told), &sections)
}

/// The page of `what-if`.
pub fn what_if(report: &what_if::Report) -> String {
    let (before, after) = (&report.before.judged.profile, &report.after.judged.profile);
    let (appearing, vanishing) = (report.appearing(), report.vanishing());
    let both: Vec<Told<'_>> = appearing.iter().chain(&vanishing).copied().collect();
    let head = Head {
        title: "What ako-gate what-if says",
        verdict: format!("{}: {}", report.to.join(", "), report.verdict()),
        mood: if report.worse().is_empty() { Mood::Good } else { Mood::Bad },
        profiles: vec![("before", before), ("after", after)],
        notes: report.unknown().into_iter().collect(),
        unreadable: &report.unreadable,
    };
    let listed = |id, title, told: &[Told<'_>], profile| {
        let body = if told.is_empty() { Html::default() } else { findings::listed(id, told, profile) };
        Section { id, title, body }
    };
    let mut sections = vec![
        listed("appear", "Findings that appear", &appearing, after),
        listed("vanish", "Findings that vanish", &vanishing, before),
    ];
    sections.extend(change::sections(report));
    sections.push(of_matrix(&both, &[("before", before), ("after", after)]));
    frame::document(&head, &findings::filter(&both), &sections)
}

/// The page of `what-if --upgrade-path`, from the release of `profile` on.
pub fn upgrade_path(path: &Path<Differences>, profile: &Profile, unreadable: &[Unreadable]) -> String {
    let head = Head {
        title: "What ako-gate what-if says of an upgrade",
        verdict: path.verdict(),
        mood: if path.is_worse() { Mood::Bad } else { Mood::Good },
        profiles: vec![("", profile)],
        notes: path.unknown.iter().cloned().collect(),
        unreadable,
    };
    let sections = [path::section(path), of_matrix(&[], &[("this release", profile)])];
    frame::document(&head, &Html::default(), &sections)
}

fn mood(report: &check::Report) -> Mood {
    let counts = report.counts();
    match (counts.deny, counts.warn) {
        (0, 0) if report.unreadable.is_empty() => Mood::Good,
        (0, _) => Mood::Care,
        _ => Mood::Bad,
    }
}

/// The matrices of the products that findings are about, whose release somebody named, and of AKO where it is in play.
fn of_matrix(told: &[Told<'_>], profiles: &[(&'static str, &Profile)]) -> Section {
    let blamed = |product: Product| {
        let of = |(_, judged): &Told<'_>| {
            rules::find(judged.finding.rule).is_some_and(|rule| rule.product() == product.name())
        };
        told.iter().any(|told| judged_at_all(told) && of(told))
    };
    let is_known = |product: Product| {
        profiles.iter().any(|(_, profile)| match product {
            Product::Ako => profile.ako_in_play,
            other => profile.release(other).from != Source::Default,
        })
    };
    let products = Product::ALL.iter().copied().filter(|product| is_known(*product) || blamed(*product));
    let body = matrix::tables(products, profiles, &findings::rows(told));
    Section { id: "matrix", title: "Support matrix", body }
}

fn judged_at_all((_, judged): &Told<'_>) -> bool {
    judged.action != Action::Off
}
