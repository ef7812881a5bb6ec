//! Workflow commands of GitHub Actions, which mark the faulty lines of a change.

use super::check::{Checked, Report, Unreadable};
use super::text::{one_line, relative, shown, told};
use crate::model::{Action, Judged};

/// The report as workflow commands, and a line for the log. Files below `folder` are named from there.
pub fn render(report: &Report, folder: &str) -> String {
    let mut text = String::new();
    for unreadable in &report.unreadable {
        text.push_str(&unreadable_command(unreadable, folder));
    }
    for (checked, judged) in report.findings() {
        text.push_str(&finding_command(checked, judged, folder));
    }
    for line in report.notes().into_iter().chain([report.summary()]) {
        // nothing an object holds may look like a command
        text.push_str(&format!("ako-gate: {}\n", one_line(&line, usize::MAX - 1)));
    }
    text
}

fn unreadable_command(unreadable: &Unreadable, folder: &str) -> String {
    let mut properties = vec![("file", relative(&unreadable.file, folder))];
    if unreadable.line > 0 {
        properties.push(("line", unreadable.line.to_string()));
        properties.push(("col", unreadable.column.to_string()));
    }
    properties.push(("title", "cannot be read".to_owned()));
    command("error", &properties, &shown(&unreadable.message))
}

fn finding_command(checked: &Checked, judged: &Judged, folder: &str) -> String {
    let finding = &judged.finding;
    let name = match judged.action {
        Action::Deny => "error",
        Action::Warn => "warning",
        Action::Audit | Action::Off => "notice",
    };
    let mut properties = vec![("file", relative(&checked.file, folder))];
    if let Some(span) = finding.span.filter(|span| span.line > 0) {
        properties.push(("line", span.line.to_string()));
        properties.push(("endLine", span.end_line.to_string()));
        // columns are refused where they lie in different lines
        if span.line == span.end_line {
            properties.push(("col", span.column.to_string()));
            properties.push(("endColumn", span.end_column.to_string()));
        }
    }
    properties.push(("title", finding.rule.to_owned()));
    command(name, &properties, &told(judged))
}

fn command(name: &str, properties: &[(&str, String)], message: &str) -> String {
    let property = |(key, value): &(&str, String)| {
        format!("{key}={}", escaped(value).replace(':', "%3A").replace(',', "%2C"))
    };
    let properties: Vec<String> = properties.iter().map(property).collect();
    format!("::{name} {}::{}\n", properties.join(","), escaped(message))
}

/// What the runner takes apart itself, encoded (actions/toolkit: packages/core/src/command.ts).
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_a_command() {
        let properties = [("file", "a,b:c%\n.yaml".to_owned())];
        let text = command("error", &properties, "50%: a, b\r\n::warning::x");
        assert_eq!(text, "::error file=a%2Cb%3Ac%25%0A.yaml::50%25: a, b%0D%0A::warning::x\n");
    }
}
