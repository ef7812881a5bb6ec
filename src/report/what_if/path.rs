//! The way from one release to the newest, step by step.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::{Report, human, json};
use crate::report::text::shown;

/// The steps of an upgrade in one of its forms. Of a step nothing but that form is kept: a plan may be large.
#[derive(Debug)]
pub struct Path<T> {
    from: String,
    /// The steps, in order.
    pub steps: Vec<Step<T>>,
    /// What is assumed, or not known, at any of them.
    pub unknown: BTreeSet<String>,
}

/// The step to one release.
#[derive(Debug)]
pub struct Step<T> {
    /// The release.
    pub release: String,
    /// The verdict in one line.
    pub verdict: String,
    /// Whether something gets worse.
    pub is_worse: bool,
    /// What differs.
    pub body: T,
}

impl<T> Path<T> {
    /// A path from this release.
    pub fn new(from: impl Into<String>) -> Self {
        Self { from: from.into(), steps: Vec::new(), unknown: BTreeSet::new() }
    }

    /// Adds the step to `release`.
    pub fn step(&mut self, release: impl Into<String>, report: &Report, form: impl Fn(&Report) -> T) {
        let (verdict, is_worse) = (report.verdict(), !report.worse().is_empty());
        self.unknown.extend(report.unknown());
        self.steps.push(Step { release: release.into(), verdict, is_worse, body: form(report) });
    }

    /// Whether something gets worse at any step.
    pub fn is_worse(&self) -> bool {
        self.steps.iter().any(|step| step.is_worse)
    }

    /// The verdict in one line, for a change ticket.
    pub fn verdict(&self) -> String {
        let Some(last) = self.steps.last() else {
            return format!("AKO {} is the newest release described here", self.from);
        };
        let changes = self.steps.iter().filter(|step| step.verdict != "nothing changes").count();
        let worse: Vec<&str> =
            self.steps.iter().filter(|step| step.is_worse).map(|step| step.release.as_str()).collect();
        let ends = match (worse.is_empty(), changes) {
            (false, _) => format!("worse at {}", worse.join(", ")),
            (true, 0) => "nothing changes".to_owned(),
            (true, _) => "nothing gets worse".to_owned(),
        };
        format!("AKO {} to {}: {ends}", self.from, last.release)
    }
}

impl Path<String> {
    /// The path as text: the verdict, then each step with what differs.
    pub fn render(&self) -> String {
        let mut text = shown(&self.verdict()) + "\n\n";
        for step in &self.steps {
            text.push_str(&step.body);
            // what differs takes several lines
            if step.body.lines().nth(1).is_some() {
                text.push('\n');
            }
        }
        let mut notes = Vec::new();
        human::notes(&mut notes, self.unknown.iter().cloned());
        text.trim_end().to_owned() + "\n" + &human::joined(&notes)
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    from: &'a str,
    verdict: String,
    steps: Vec<&'a Value>,
}

impl Path<Value> {
    /// The path as JSON text: the steps are those that `what-if --to ako=RELEASE` prints.
    pub fn render(&self) -> String {
        let steps = self.steps.iter().map(|step| &step.body).collect();
        let verdict = self.verdict();
        let document = Document { api_version: "ako-gate/v1", from: &self.from, verdict, steps };
        let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// A step as text.
pub fn as_text(report: &Report) -> String {
    human::differences(report)
}

/// A step as a JSON value.
pub fn as_value(report: &Report) -> Value {
    json::value(report)
}
