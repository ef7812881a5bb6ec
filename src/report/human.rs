//! Results for people: source lines with the fault underlined, in the manner of rustc.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::check::{Checked, Report};
use super::text::{blamed, lowered, shown};
use crate::model::{Action, Judged, Lines, Span, Verdict};

/// Lines of source shown before and after the faulty one.
const AROUND: u32 = 2;

/// Longest line that is shown; where a file has longer ones, the place has to do.
const MAX_LINE: usize = 1000;

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
        let (message, place) = (shown(&unreadable.message), shown(&unreadable.place()));
        text.push_str(&format!("error: cannot be read: {message}\n --> {place}\n\n"));
    }
    // findings come file by file
    let mut open: Option<(&str, Lines<'a>)> = None;
    for (checked, judged) in report.findings() {
        if open.as_ref().is_none_or(|(file, _)| *file != checked.file) {
            open = source(&checked.file).map(|text| (checked.file.as_str(), Lines::of(text)));
        }
        let lines = open.as_ref().map(|(_, lines)| lines);
        text.push_str(&renderer.render(&[group(lines, checked, judged)]));
        text.push_str("\n\n");
    }
    if !quiet {
        report.notes().iter().for_each(|note| text.push_str(&format!("note: {}\n", shown(note))));
        text.push_str(&report.summary());
        text.push('\n');
        let fixable = report.findings().filter(|(_, judged)| judged.finding.edit.is_some()).count();
        if fixable > 0 {
            text.push_str(&format!("{fixable} can be mended with --fix\n"));
        }
    }
    text
}

fn group<'a>(lines: Option<&Lines<'a>>, checked: &'a Checked, judged: &'a Judged) -> Group<'a> {
    let title = shown(&format!("{}{}", lowered(judged), judged.finding.message));
    let level = match judged.action {
        Action::Deny => Level::ERROR.with_name("deny"),
        Action::Warn => Level::WARNING.with_name("warn"),
        Action::Audit | Action::Off => Level::INFO.with_name("audit"),
    };
    let group = level.primary_title(title).id(judged.finding.rule);
    let span = judged.finding.span.filter(|span| span.line > 0);
    let excerpt = lines.zip(span).and_then(|(lines, span)| snippet(lines, span, checked, judged));
    let group = match (excerpt, span) {
        (Some(snippet), _) => group.element(snippet),
        (None, Some(span)) => {
            let origin = Origin::path(shown(&checked.file)).line(span.line as usize);
            let group = group.element(origin.char_column(span.column as usize));
            group.element(Level::NOTE.with_name("at").message(shown(&blamed(&judged.finding))))
        }
        (None, None) => {
            let group = group.element(Origin::path(shown(&checked.file)));
            group.element(Level::NOTE.with_name("at").message(shown(&blamed(&judged.finding))))
        }
    };
    footers(group, checked, judged)
}

fn footers<'a>(mut group: Group<'a>, checked: &'a Checked, judged: &'a Judged) -> Group<'a> {
    let finding = &judged.finding;
    let written = finding.edit.as_ref().map(|edit| {
        let text = edit.text.trim_end_matches(|c: char| c.is_whitespace() || c == ',');
        format!(" (--fix writes {text})")
    });
    let remedy = format!("{}{}", finding.remedy, written.unwrap_or_default());
    let lines = [("why", &*finding.consequence), ("fix", &remedy)];
    for (name, text) in lines.into_iter().filter(|(_, text)| !text.is_empty()) {
        group = group.element(Level::NOTE.with_name(name).message(shown(text)));
    }
    group.element(Level::NOTE.with_name("in").message(shown(&checked.object.to_string())))
}

/// The lines around a fault with the fault underlined; nothing where they are too long to be shown.
fn snippet<'a>(
    lines: &Lines<'a>,
    span: Span,
    checked: &'a Checked,
    judged: &'a Judged,
) -> Option<Snippet<'a, Annotation<'a>>> {
    // of a long list or map only the beginning is shown
    let last = span.end_line.min(span.line + 3);
    let first = span.line.saturating_sub(AROUND).max(1);
    let end = last.saturating_add(AROUND);
    if (first..=end).any(|line| lines.start(line + 1) - lines.start(line) > MAX_LINE) {
        return None;
    }
    let start = lines.start(first);
    let text = lines.text().get(start..lines.start(end + 1))?.trim_end_matches(['\n', '\r']);
    let from = lines.offset(span.line, span.column)? - start;
    let to = lines.offset(span.end_line, span.end_column).filter(|_| last == span.end_line);
    let to = to.map_or(text.len(), |to| to - start).clamp(from, text.len().max(from));
    let fault = AnnotationKind::Primary.span(from..to).label(judged.finding.field.as_str());
    let snippet = Snippet::source(text).line_start(first as usize).path(shown(&checked.file));
    Some(snippet.fold(false).annotation(fault))
}

/// How a verdict came about, for `--why`: the facts, and how each rule that applies ended.
pub fn why(verdict: &Verdict) -> String {
    let mut lines: Vec<String> = verdict.facts.iter().map(|(name, fact)| format!("{name}: {fact}")).collect();
    lines.extend(verdict.assumed.iter().map(|assumed| format!("note: {assumed}")));
    for considered in &verdict.considered {
        let skipped = verdict.skipped.iter().find(|skipped| skipped.rule == considered.rule);
        let why = skipped.map(|skipped| format!(": {}", skipped.why)).unwrap_or_default();
        lines.push(format!("{:<8}{}{why}", considered.outcome, considered.rule));
    }
    for judged in verdict.findings.iter().filter(|judged| judged.action != Action::Deny) {
        let (name, finding) = (judged.action.name(), &judged.finding);
        lines.push(format!("{name}: {}: {}", finding.rule, finding.message));
    }
    lines.iter().map(|line| shown(line) + "\n").collect()
}
