//! Pieces of text that several outputs share.

use std::path::MAIN_SEPARATOR;

use crate::model::Finding;
use crate::model::verdict::{Judged, Lowered};

/// Longest value shown; a longer one is cut, since it may be a whole document.
const MAX_VALUE: usize = 120;

/// A value as shown to people: quoted, control characters escaped, cut where it is long.
pub fn quoted(value: &str) -> String {
    let cut: String = value.chars().take(MAX_VALUE).collect();
    let more = if cut.len() < value.len() { "..." } else { "" };
    format!("{cut:?}{more}")
}

/// Whether a character does something to the place where it is shown: moves the cursor, turns the reading direction.
pub fn is_active(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text as it may be shown: what is active in it is written as an escape.
pub fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_active(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// The first `max` characters of a text, without control characters; an ellipsis says that it was cut.
pub fn one_line(text: &str, max: usize) -> String {
    let end = |characters: usize| text.char_indices().nth(characters).map(|(end, _)| end);
    if end(max).is_none() {
        return text.replace(is_active, " ");
    }
    let mut line = text[..end(max.saturating_sub(1)).unwrap_or_default()].replace(is_active, " ");
    line.push('…');
    line
}

/// The field blamed, and its value where there is one.
pub fn blamed(finding: &Finding) -> String {
    let value = &finding.value;
    let value = if value.is_empty() { String::new() } else { format!(" = {}", quoted(value)) };
    format!("{}{value}", finding.field)
}

/// A finding told in a few lines, for places that show nothing else of it.
pub fn told(judged: &Judged) -> String {
    let finding = &judged.finding;
    let mut lines = vec![
        format!("{}{}", lowered(judged), finding.message),
        format!("{}: {}", finding.object, blamed(finding)),
    ];
    let parts = [("why", &finding.consequence), ("fix", &finding.remedy)];
    let parts = parts.iter().filter(|(_, part)| !part.is_empty());
    lines.extend(parts.map(|(name, part)| format!("{name}: {part}")));
    lines.iter().map(|line| shown(line)).collect::<Vec<_>>().join("\n")
}

/// A file as tools name it that know where they are: relative to `folder` where it is below, with forward slashes.
pub fn relative(file: &str, folder: &str) -> String {
    let below = file.strip_prefix(folder).and_then(|rest| rest.strip_prefix(MAIN_SEPARATOR));
    let file = below.filter(|_| !folder.is_empty()).unwrap_or(file);
    let file = file.replace(MAIN_SEPARATOR, "/");
    file.trim_start_matches("./").to_owned()
}

/// A finding in four lines: field and value with what is wrong, the consequence, the remedy, the rule.
pub fn block(finding: &Finding) -> String {
    let mut text = format!("  {}\n", blamed(finding));
    let parts = [("", &*finding.message), ("why:  ", &finding.consequence), ("fix:  ", &finding.remedy)];
    for (name, part) in parts.into_iter().chain([("rule: ", finding.rule)]) {
        if !part.is_empty() {
            text.extend(["    ", name, part, "\n"]);
        }
    }
    text
}

/// Why a denial was lowered, in words; empty when it was not.
pub fn lowered(judged: &Judged) -> String {
    match &judged.lowered {
        None => String::new(),
        Some(Lowered::AlreadyThere) => "was so before: ".to_owned(),
        Some(Lowered::Exempt { reason, owner }) => format!("exempt ({reason}; {owner}): "),
    }
}

/// Text as it may stand in an element of XML or HTML, and in the quotes of an attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in shown(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{escaped, one_line, quoted, shown};

    #[test]
    fn values_cannot_break_out_of_their_line() {
        assert_eq!(quoted("a\nb"), "\"a\\nb\"");
        assert_eq!(quoted(&"x".repeat(200)).len(), 120 + 2 + 3);
    }

    #[test]
    fn nothing_active_is_shown() {
        assert_eq!(shown("ü \u{1b}[2J\n\u{202e}x"), "ü \\u{1b}[2J\\n\\u{202e}x");
    }

    #[test]
    fn a_line_holds_at_most_so_many_characters() {
        assert_eq!(one_line("a\u{1b}\nb", 120), "a  b");
        let cut = one_line(&"ü".repeat(200), 120);
        assert_eq!((cut.chars().count(), cut.ends_with('…')), (120, true));
        assert_eq!(one_line("abc", 3), "abc");
    }

    #[test]
    fn no_text_gets_out_of_its_place() {
        assert_eq!(
            escaped("<a href='x'>&\"\u{1b}\u{fffe}"),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\\u{1b}\u{fffd}"
        );
    }
}
