//! Tables for a terminal: the support matrix, the list of rules.

use crate::matrix::Row;
use crate::model::Release;
use crate::rule::Rule;

/// The support matrix: every release range of each row, or what holds for one release.
pub fn matrix<'a>(rows: impl Iterator<Item = &'a Row>, release: Option<Release>) -> String {
    let mut text = String::new();
    for row in rows {
        text.push_str(&format!("{}  {}\n", row.capability, row.title));
        let cells = match release {
            Some(release) => row.cell(release).copied().into_iter().collect(),
            None => row.spans(),
        };
        for cell in cells {
            let range = cell.range.to_string();
            let line = format!("  {range:<28}{:<13} {}", cell.support, cell.text);
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text.push_str(&format!("  source: {}\n", row.source));
        if !row.note.is_empty() {
            text.push_str(&format!("  note: {}\n", row.note));
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len() + 1);
    text
}

/// One line for each rule: default action, name, summary.
pub fn rules<'a>(rules: impl Iterator<Item = &'a Rule>) -> String {
    let line = |rule: &Rule| format!("{:<6}{:<54}{}\n", rule.action.name(), rule.name, rule.summary());
    rules.map(line).collect()
}
