//! A rule's manual page.

use crate::rule::Rule;

/// The page of a rule as text: what it is, its explanation, the matrix rows it enforces.
pub fn rule(rule: &Rule) -> String {
    let page: Vec<&str> = rule.page.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let mut text = format!("{} ({})\n\n", rule.name, rule.action.name());
    text.push_str(page.join("\n").trim());
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
