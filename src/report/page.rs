//! A rule's manual page.

use crate::rule::Rule;

/// An example of each rule that it reports and one that it does not, from its cases: after a line `@ NAME` what its
/// page says. Generated and kept up to date by tests/pages.rs.
const EXAMPLES: &str = include_str!("examples.md");

/// What stands before the name of a rule in `examples.md`.
pub const EXAMPLES_OF: &str = "\n@ ";

/// The examples of a rule, each with the answer it gets.
pub fn examples(rule: &Rule) -> &'static str {
    let of = |section: &&str| section.split_once('\n').is_some_and(|(name, _)| name == rule.name);
    let section = EXAMPLES.split(EXAMPLES_OF).find(of);
    section.and_then(|section| section.split_once('\n')).map_or("", |(_, examples)| examples)
}

/// The explanation as written in the rule's file.
pub fn explanation(rule: &Rule) -> String {
    let page: Vec<&str> = rule.page.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    page.join("\n").trim().to_owned()
}

/// The text under a heading of the explanation, its lines joined to paragraphs; empty where there is no such heading.
pub fn section(rule: &Rule, heading: &str) -> String {
    let page = explanation(rule);
    let lines = page.lines().skip_while(|line| line.strip_prefix("## ") != Some(heading)).skip(1);
    let lines: Vec<&str> = lines.take_while(|line| !line.starts_with("## ")).collect();
    let paragraphs = lines.split(|line| line.is_empty()).filter(|lines| !lines.is_empty());
    paragraphs.map(|lines| lines.join(" ")).collect::<Vec<_>>().join("\n\n")
}

/// The page of a rule as text: what it is, its explanation, the matrix rows it enforces.
pub fn rule(rule: &Rule) -> String {
    let mut text = format!("{} ({})\n\n", rule.name, rule.action.name());
    text.push_str(&explanation(rule));
    text.push_str("\n\n## Support matrix\n\n");
    for row in rule.enforces {
        text.push_str(&format!("- {} ({})\n", row.title, row.capability));
        for cell in row.spans() {
            let note = if cell.text.is_empty() { String::new() } else { format!(": {}", cell.text) };
            text.push_str(&format!("  - {}: {}{note}\n", cell.range, cell.support.name()));
        }
        text.push_str(&format!("  - source: {}\n", row.source));
        if !row.note.is_empty() {
            text.push_str(&format!("  - note: {}\n", row.note));
        }
    }
    let kinds: Vec<&str> = rule.applies_to.iter().map(|kind| kind.name()).collect();
    text.push_str(&format!("\nJudges {}. Since {}.\n", kinds.join(", "), rule.since));
    text
}
