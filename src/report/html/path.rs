//! The releases from one to the newest, each with what differs from the one before.

use super::change;
use super::findings::Told;
use super::frame::Section;
use super::writer::{Html, code, plain};
use crate::report::what_if::Report;
use crate::report::what_if::path::{Path, Step};

/// What differs at a step.
#[derive(Debug)]
pub struct Differences(Html);

impl Differences {
    /// Of one release and the next.
    pub fn of(report: &Report) -> Self {
        let mut html = Html::default();
        findings(&mut html, "Findings that appear", &report.appearing());
        findings(&mut html, "Findings that vanish", &report.vanishing());
        if let Some(change) = report.change() {
            for section in change::differences(&change) {
                html.add(&section.body);
            }
        }
        Self(html)
    }
}

fn findings(html: &mut Html, caption: &str, told: &[Told<'_>]) {
    if told.is_empty() {
        return;
    }
    let row = |(_, judged): &Told<'_>| {
        let finding = &judged.finding;
        let mut rule = code(finding.rule);
        rule.mark(" ").mark(judged.action.name());
        vec![code(&finding.object.to_string()), code(finding.field.as_str()), rule, plain(&finding.message)]
    };
    html.table(caption, &["Object", "Field", "Rule", "What it says"], told.iter().map(row));
}

/// All steps in a table, and below it those that change something.
pub(super) fn section(path: &Path<Differences>) -> Section {
    let mut html = Html::default();
    let row = |step: &Step<Differences>| {
        let mut verdict = Html::default();
        verdict.mark(if step.is_worse { "<strong class=\"alarm\">" } else { "<span>" }).text(&step.verdict);
        verdict.mark(if step.is_worse { "</strong>" } else { "</span>" });
        let mut release = Html::default();
        if step.body.0.is_empty() {
            release.text(&step.release);
        } else {
            release.mark("<a href=\"#").add(&anchor(step)).mark("\">").text(&step.release).mark("</a>");
        }
        vec![release, verdict]
    };
    if !path.steps.is_empty() {
        html.table("Releases of AKO on the way", &["Release", "What it does"], path.steps.iter().map(row));
    }
    for step in path.steps.iter().filter(|step| !step.body.0.is_empty()) {
        html.mark("<article id=\"").add(&anchor(step)).mark("\">\n<h3>AKO ").text(&step.release);
        html.mark("</h3>\n").paragraph(&step.verdict).add(&step.body.0).mark("</article>\n");
    }
    Section { id: "path", title: "Step by step", body: html }
}

/// Where a step stands on the page.
fn anchor(step: &Step<Differences>) -> Html {
    let mut html = Html::default();
    html.mark("ako-").text(&step.release);
    html
}
