//! Tables for a terminal: the support matrix, the list of rules.

use crate::matrix::{Cell, Row};
use crate::model::{Product, Release};
use crate::rule::Rule;

/// The support matrix row by row: every release range of each, or what holds for one release.
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

/// What one release of a product supports, as a table with numbered notes.
pub fn support(product: Product, rows: &[&Row], release: Release) -> String {
    let cells = rows.iter().filter_map(|row| Some((*row, row.cell(release)?)));
    let cells: Vec<_> = cells.collect();
    let width = |text: &dyn Fn(&(&Row, &Cell)) -> usize| cells.iter().map(text).max().unwrap_or_default();
    let titles = width(&|(row, _)| row.title.chars().count());
    let support = width(&|(_, cell)| cell.support.name().chars().count());
    let mut text = format!("{} {release}\n\n", product.title());
    let mut notes = String::new();
    for (row, cell) in &cells {
        let mut said = cell.text.to_owned();
        if !row.note.is_empty() {
            let number = notes.lines().count() + 1;
            notes.push_str(&format!("  {:<5}{}\n", format!("({number})"), row.note));
            said.push_str(&format!(" ({number})"));
        }
        let line = format!("  {:<titles$}  {:<support$}  {}", row.title, cell.support, said.trim_start());
        text.push_str(line.trim_end());
        text.push('\n');
    }
    if !notes.is_empty() {
        text.push_str(&format!("\n{notes}"));
    }
    text.push_str("\nSources, by the names that findings and --capability use:\n");
    let names = width(&|(row, _)| row.capability.len());
    for (row, _) in &cells {
        text.push_str(&format!("  {:<names$}  {}\n", row.capability, row.source));
    }
    text
}

/// One line for each rule: default action, name, summary.
pub fn rules<'a>(rules: impl Iterator<Item = &'a Rule>) -> String {
    let line = |rule: &Rule| format!("{:<6}{:<54}{}\n", rule.action.name(), rule.name, rule.summary());
    rules.map(line).collect()
}
