//! Results for people: source lines with the fault underlined, in the manner of rustc.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::check::{Checked, Report};
use super::text::{lowered, quoted};
use crate::model::{Action, Judged, Span, Verdict};

/// Lines of source shown before and after the faulty one.
const AROUND: u32 = 2;

/// The report as text. `source` gives the text of a file, where it is at hand.
pub fn render<'a>(
    report: &Report,
    source: impl Fn(&str) -> Option<&'a str>,
    coloured: bool,
    quiet: bool,
) -> String {
    let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for unreadable in &report.unreadable {
        let place = format!("{}:{}:{}", unreadable.file, unreadable.line, unreadable.column);
        let place = if unreadable.line == 0 { unreadable.file.clone() } else { place };
        text.push_str(&format!("error: cannot be read: {}\n --> {place}\n\n", unreadable.message));
    }
    for (checked, judged) in report.findings() {
        let title = format!("{}{}", lowered(judged), judged.finding.message);
        let level = match judged.action {
            Action::Deny => Level::ERROR.with_name("deny"),
            Action::Warn => Level::WARNING.with_name("warn"),
            Action::Audit | Action::Off => Level::INFO.with_name("audit"),
        };
        let group = level.primary_title(title).id(judged.finding.rule);
        let span = judged.finding.span.filter(|span| span.line > 0);
        let excerpt = span.and_then(|span| excerpt(source(&checked.file)?, span));
        let group = match &excerpt {
            Some(excerpt) => group.element(excerpt.snippet(checked, judged)),
            None => group.element(Level::NOTE.with_name("in").message(place(checked, judged))),
        };
        text.push_str(&renderer.render(&[footers(group, checked, judged)]));
        text.push_str("\n\n");
    }
    if !quiet {
        text.push_str(&summary(report));
    }
    text
}

fn place(checked: &Checked, judged: &Judged) -> String {
    let value = &judged.finding.value;
    let value = if value.is_empty() { String::new() } else { format!(" = {}", quoted(value)) };
    format!("{}: {}{value}", checked.file, judged.finding.field)
}

fn footers<'a>(mut group: Group<'a>, checked: &'a Checked, judged: &'a Judged) -> Group<'a> {
    let finding = &judged.finding;
    let lines = [("why", finding.consequence.as_str()), ("fix", finding.remedy.as_str())];
    for (name, text) in lines.into_iter().filter(|(_, text)| !text.is_empty()) {
        group = group.element(Level::NOTE.with_name(name).message(text));
    }
    group.element(Level::NOTE.with_name("in").message(checked.object.to_string()))
}

/// The lines around a fault, and where the fault is in them.
struct Excerpt<'a> {
    text: &'a str,
    first_line: usize,
    fault: std::ops::Range<usize>,
}

impl Excerpt<'_> {
    fn snippet<'b>(
        &'b self,
        checked: &'b Checked,
        judged: &'b Judged,
    ) -> Snippet<'b, annotate_snippets::Annotation<'b>> {
        let label = judged.finding.field.as_str();
        Snippet::source(self.text)
            .line_start(self.first_line)
            .path(checked.file.as_str())
            .fold(false)
            .annotation(AnnotationKind::Primary.span(self.fault.clone()).label(label))
    }
}

/// Cuts the lines around `span` out of a file.
fn excerpt(source: &str, span: Span) -> Option<Excerpt<'_>> {
    // of a long list or map only the beginning is shown
    let end_line = span.end_line.min(span.line + 3);
    let first = span.line.saturating_sub(AROUND).max(1);
    let start = line_start(source, first)?;
    let end = line_start(source, end_line + AROUND + 1).unwrap_or(source.len());
    let text = source.get(start..end)?.trim_end_matches(['\n', '\r']);
    let from = offset(source, span.line, span.column)? - start;
    let to = if end_line == span.end_line {
        offset(source, span.end_line, span.end_column)?
    } else {
        start + text.len()
    };
    let to = (to - start).clamp(from, text.len());
    Some(Excerpt { text, first_line: first as usize, fault: from..to.max(from) })
}

fn line_start(source: &str, line: u32) -> Option<usize> {
    if line <= 1 {
        return Some(0);
    }
    source.match_indices('\n').nth(line as usize - 2).map(|(at, _)| at + 1)
}

fn offset(source: &str, line: u32, column: u32) -> Option<usize> {
    let start = line_start(source, line)?;
    let rest = source.get(start..)?;
    let characters = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    characters.into_iter().nth(column as usize - 1).map(|at| start + at)
}

fn summary(report: &Report) -> String {
    let counts = report.counts();
    let mut text = String::new();
    for assumed in report.assumed() {
        text.push_str(&format!("note: {assumed}\n"));
    }
    let mut skipped: Vec<&str> = report.skipped().map(|skipped| skipped.why.as_str()).collect();
    skipped.sort_unstable();
    skipped.dedup();
    for why in skipped {
        let rules = report.skipped().filter(|skipped| skipped.why == why).count();
        let noun = if rules == 1 { "rule was" } else { "rules were" };
        text.push_str(&format!("note: {rules} {noun} skipped: {why}\n"));
    }
    let objects = if counts.judged == 1 { "object" } else { "objects" };
    text.push_str(&format!(
        "{} {objects} judged: {} denied, {} warned, {} exempt\n",
        counts.judged, counts.deny, counts.warn, counts.exempt
    ));
    text
}

/// How a verdict came about, for `--why`: the facts, and how each rule that applies ended.
pub fn why(verdict: &Verdict) -> String {
    let mut text = String::new();
    for (name, fact) in &verdict.facts {
        text.push_str(&format!("{name}: {fact}\n"));
    }
    for assumed in &verdict.assumed {
        text.push_str(&format!("note: {assumed}\n"));
    }
    for considered in &verdict.considered {
        let skipped = verdict.skipped.iter().find(|skipped| skipped.rule == considered.rule);
        let why = skipped.map(|skipped| format!(": {}", skipped.why)).unwrap_or_default();
        text.push_str(&format!("{:<8}{}{why}\n", considered.outcome, considered.rule));
    }
    for judged in verdict.findings.iter().filter(|judged| judged.action != Action::Deny) {
        let name = judged.action.name();
        text.push_str(&format!("{name}: {}: {}\n", judged.finding.rule, judged.finding.message));
    }
    text
}
