//! Places inside a string: where a part of a scalar's content stands in the file.

use std::ops::Range;

use granit_parser::{Event, Parser};

use crate::model::{Lines, Span};

/// How the content of one scalar maps to its source.
pub struct Scalar<'a> {
    /// The scalar in the source, quotes included.
    raw: &'a str,
    span: Span,
    /// Whether it is a literal block (`|`), whose lines are the content's lines behind an indentation.
    is_literal: bool,
}

impl<'a> Scalar<'a> {
    /// The scalar at `span` of `source`.
    pub fn at(source: &Lines<'a>, span: Span) -> Option<Self> {
        let range = source.range(span)?;
        // a block begins below the line that announces it
        let announced = source.text().get(..range.start)?.trim_end().rsplit(char::is_whitespace).next()?;
        let raw = source.text().get(range)?;
        Some(Self { raw, span, is_literal: announced.starts_with('|') && raw.contains('\n') })
    }

    /// The span of a range of bytes of the content; `None` where folding or escapes hide it.
    pub fn span(&self, content: &str, range: Range<usize>) -> Option<Span> {
        let (line, column) = self.place(content, range.start)?;
        let (end_line, end_column) = self.place(content, range.end)?;
        Some(Span { line, column, end_line, end_column })
    }

    fn place(&self, content: &str, at: usize) -> Option<(u32, u32)> {
        let before = content.get(..at)?;
        match self.raw.as_bytes().first()? {
            _ if self.is_literal => self.in_literal(before),
            _ if self.raw.contains('\n') => None,
            b'\'' => self.on_line(single_quoted(self.raw, before.chars().count())?),
            b'"' => self.on_line(double_quoted(self.raw, before.chars().count())?),
            _ => self.on_line(at),
        }
    }

    /// The place of a byte of a scalar that stands on one line.
    fn on_line(&self, at: usize) -> Option<(u32, u32)> {
        let before = self.raw.get(..at)?.chars().count();
        Some((self.span.line, self.span.column + u32::try_from(before).ok()?))
    }

    /// The place in a literal block: every line stands behind the same indentation.
    fn in_literal(&self, before: &str) -> Option<(u32, u32)> {
        let line = u32::try_from(before.matches('\n').count()).ok()?;
        let column = u32::try_from(before.rsplit('\n').next()?.chars().count()).ok()?;
        Some((self.span.line + line, self.span.column + column))
    }
}

/// The byte of a single-quoted scalar at which its content's character `index` stands.
fn single_quoted(raw: &str, index: usize) -> Option<usize> {
    let mut at = 1;
    for _ in 0..index {
        let rest = raw.get(at..)?;
        at += if rest.starts_with("''") { 2 } else { rest.chars().next()?.len_utf8() };
    }
    Some(at)
}

/// The same for a double-quoted scalar.
fn double_quoted(raw: &str, index: usize) -> Option<usize> {
    let mut at = 1;
    for _ in 0..index {
        let rest = raw.get(at..)?;
        let mut chars = rest.chars();
        at += match (chars.next()?, chars.next()) {
            // a pair of surrogates is one character
            ('\\', Some('u')) if is_surrogate(rest) => 12,
            ('\\', Some('u')) => 6,
            ('\\', Some('x')) => 4,
            ('\\', Some('U')) => 10,
            ('\\', Some(escaped)) => 1 + escaped.len_utf8(),
            (plain, _) => plain.len_utf8(),
        };
    }
    Some(at)
}

fn is_surrogate(escape: &str) -> bool {
    let digits = escape.get(2..4).unwrap_or_default().to_ascii_lowercase();
    matches!(digits.as_str(), "d8" | "d9" | "da" | "db")
}

/// The ranges of every value of a JSON text, in the order in which they begin. JSON is YAML, so its events tell.
pub fn json_values(text: &str) -> Option<Vec<Range<usize>>> {
    let mut values: Vec<Range<usize>> = Vec::new();
    // for each open container: its place in `values`, whether it is a map, whether a key comes next
    let mut open: Vec<(usize, bool, bool)> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.ok()?;
        let range = span.byte_range()?;
        match event {
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                let is_map = matches!(event, Event::MappingStart(..));
                open.push((values.len(), is_map, is_map));
                values.push(range);
            }
            Event::MappingEnd | Event::SequenceEnd => {
                let (container, ..) = open.pop()?;
                values.get_mut(container)?.end = range.end;
                value_done(&mut open);
            }
            Event::Scalar(..) if matches!(open.last(), Some((_, true, true))) => open.last_mut()?.2 = false,
            Event::Scalar(..) => {
                values.push(range);
                value_done(&mut open);
            }
            _ => {}
        }
    }
    Some(values)
}

fn value_done(open: &mut [(usize, bool, bool)]) {
    if let Some((_, is_map, wants_key)) = open.last_mut() {
        *wants_key = *is_map;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::yaml;
    use crate::model::Node;

    /// What stands in the file at the place found for the last JSON value.
    fn shown(yaml_text: &str) -> Option<String> {
        let document = yaml::parse_one(yaml_text).unwrap();
        let node = Node::root(&document).at("s");
        let content = node.as_str()?;
        let range = json_values(content)?.pop()?;
        let lines = Lines::of(yaml_text);
        let span = Scalar::at(&lines, node.span()?)?.span(content, range)?;
        yaml_text.get(lines.range(span)?).map(str::to_owned)
    }

    #[test]
    fn finds_values_in_every_style_that_keeps_them_whole() {
        assert_eq!(shown("s: '[1, {\"ü\": \"it''s\"}]'\n").as_deref(), Some("\"it''s\""));
        assert_eq!(shown("s: \"[\\\"\\u00fc\\\", \\\"x\\\"]\"\n").as_deref(), Some("\\\"x\\\""));
        assert_eq!(shown("s: |\n  [\n    \"a\",\n    \"b\"\n  ]\n").as_deref(), Some("\"b\""));
        assert_eq!(shown("s: >\n  [\"a\",\n  \"b\"]\n"), None);
    }

    #[test]
    fn lists_values_in_the_order_they_begin() {
        let text = r#"[{"a":1,"b":[2]}]"#;
        let found: Vec<&str> = json_values(text).unwrap().into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, [text, r#"{"a":1,"b":[2]}"#, "1", "[2]", "2"]);
    }
}
