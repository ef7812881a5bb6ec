//! Fixes into edits of a file's text: what is not mended stays as it is, comments, order and style included.

use std::ops::Range;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span as SourceSpan, StructureStyle, options};

use super::yaml;
use crate::model::{Edit, Finding, Fix, Lines, Node};

/// A scalar of the text.
#[derive(Debug)]
struct Place {
    value: Range<usize>,
    /// Its key, where it is the value of a map.
    key: Option<Range<usize>>,
    style: ScalarStyle,
    /// Whether it stands in brackets or braces.
    in_flow: bool,
}

/// A map of the text that holds something.
#[derive(Debug)]
struct Map {
    start: usize,
    /// Its first key.
    first: Range<usize>,
    in_flow: bool,
}

/// Finds out how a text has to change.
pub struct Editor<'a> {
    lines: Lines<'a>,
    /// In the order of the text.
    places: Vec<Place>,
    /// In the order of the text.
    maps: Vec<Map>,
    /// What aliases repeat: a change there would be one elsewhere too.
    shared: Vec<Range<usize>>,
}

impl<'a> Editor<'a> {
    /// An editor for a file's text.
    pub fn of(text: &'a str) -> Self {
        let mut reader = Reader::default();
        reader.read(text);
        let shared = reader.anchors.into_iter().filter(|(id, _)| reader.aliases.contains(id));
        let shared = shared.map(|(_, range)| range).collect();
        Self { lines: Lines::of(text), places: reader.places, maps: reader.maps, shared }
    }

    /// The edit that carries out the fix of `finding`. None where its place cannot be pointed to, is shared with
    /// others by an alias, or is written in a way that leaves no room for the new text.
    pub fn edit(&self, finding: &Finding) -> Option<Edit> {
        let range = self.lines.range(finding.span?)?;
        if self.shared.iter().any(|shared| shared.start <= range.start && range.end <= shared.end) {
            return None;
        }
        let (range, text) = match finding.fix.as_ref()? {
            Fix::Value(text) => self.value(range, &finding.value, text)?,
            Fix::Key(key) => self.key(&range, finding.field.as_str(), key)?,
            Fix::Entry(key, value) => self.entry(range.start, key, *value)?,
        };
        Some(Edit { span: self.lines.span(range), text })
    }

    /// The scalar that holds this range, which may be a part of it.
    fn place(&self, range: &Range<usize>) -> Option<&Place> {
        let place = self.places.get(self.places.partition_point(|place| place.value.end < range.end))?;
        (place.value.start <= range.start).then_some(place)
    }

    fn key(&self, value: &Range<usize>, field: &str, new: &str) -> Option<(Range<usize>, String)> {
        let place = self.place(value).filter(|place| place.value == *value)?;
        let (inner, written) = self.inner(place.key.clone()?)?;
        (field.ends_with(written) && is_plain(new, place.in_flow)).then(|| (inner, new.to_owned()))
    }

    /// A new entry in front of the first one of the map that begins at `start`.
    fn entry(&self, start: usize, key: &str, value: Option<&str>) -> Option<(Range<usize>, String)> {
        let index = self.maps.binary_search_by_key(&start, |map| map.start).ok()?;
        let Map { first, in_flow, .. } = self.maps.get(index)?;
        let text = self.lines.text();
        let quote = if text.get(first.clone())?.starts_with('"') { "\"" } else { "" };
        let value = value.map_or_else(|| "{}".to_owned(), |value| format!("{quote}{value}{quote}"));
        let gap = if *in_flow {
            let before = text.get(start..first.start)?.strip_prefix('{')?;
            before.chars().all(char::is_whitespace).then_some(())?;
            format!(",{}", if before.is_empty() { " " } else { before })
        } else {
            let (line, column) = self.lines.place(first.start);
            let before = text.get(self.lines.start(line)..first.start)?;
            before.chars().all(|c| c == ' ' || c == '-').then_some(())?;
            let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
            format!("{line_end}{}", " ".repeat(column as usize - 1))
        };
        Some((first.start..first.start, format!("{quote}{key}{quote}: {value}{gap}")))
    }

    fn value(&self, range: Range<usize>, old: &str, new: &str) -> Option<(Range<usize>, String)> {
        let place = self.place(&range)?;
        // nothing that quotes or JSON would have to escape
        if !new.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'\\".contains(&byte)) {
            return None;
        }
        let (inner, written) = self.inner(range.clone())?;
        // folded and escaped text is not what the value is
        if written != old {
            return None;
        }
        let is_open = place.style == ScalarStyle::Plain && inner == range;
        if is_open && !is_plain(new, place.in_flow) {
            return Some((inner, format!("\"{new}\"")));
        }
        Some((inner, new.to_owned()))
    }

    /// What stands between the quotes, where there are any, and the place of it.
    fn inner(&self, range: Range<usize>) -> Option<(Range<usize>, &'a str)> {
        let raw = self.lines.text().get(range.clone())?;
        for quote in ["\\\"", "\"", "'"] {
            let inner = raw.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
            if let Some(inner) = inner {
                let start = range.start + quote.len();
                return Some((start..start + inner.len(), inner));
            }
        }
        // the span of a block reaches to the next line
        let inner = raw.trim_end_matches(['\n', '\r']);
        Some((range.start..range.start + inner.len(), inner))
    }
}

/// Whether kubectl reads `text` as itself where it stands without quotes.
fn is_plain(text: &str, in_flow: bool) -> bool {
    let written = if in_flow { format!("[{text}]") } else { format!("- {text}") };
    let Ok(document) = yaml::parse_one(&written) else { return false };
    let mut items = Node::root(&document).items();
    matches!((items.next(), items.next()), (Some(only), None) if only.as_str() == Some(text))
}

/// The text with every edit made. Of edits that overlap only the first is.
pub fn apply<'e>(text: &str, edits: impl Iterator<Item = &'e Edit>) -> String {
    let lines = Lines::of(text);
    let mut edits: Vec<(Range<usize>, &str)> =
        edits.filter_map(|edit| Some((lines.range(edit.span)?, edit.text.as_str()))).collect();
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let (mut edited, mut until) = (String::with_capacity(text.len()), 0);
    for (range, new) in edits {
        // an empty place at the end of the edit before is that edit once more
        if range.start < until || (range.start == until && range.is_empty()) {
            continue;
        }
        edited.push_str(text.get(until..range.start).unwrap_or_default());
        edited.push_str(new);
        until = range.end;
    }
    edited.push_str(text.get(until..).unwrap_or_default());
    edited
}

/// An open list or map.
#[derive(Debug)]
struct Open {
    is_map: bool,
    in_flow: bool,
    /// In a map: the key whose value is under way.
    key: Option<Range<usize>>,
    has_entry: bool,
    anchor: usize,
    start: usize,
}

#[derive(Debug, Default)]
struct Reader {
    places: Vec<Place>,
    maps: Vec<Map>,
    open: Vec<Open>,
    anchors: Vec<(usize, Range<usize>)>,
    aliases: Vec<usize>,
}

fn without_comments() -> Options {
    options! { emit_comments: false }
}

impl Reader {
    fn read(&mut self, text: &str) {
        let mut parser = Parser::new_from_str_with_options(text, without_comments());
        while let Some(next) = parser.next_event() {
            match next {
                Ok((event, span)) => self.event(&event, &span),
                // as in `yaml`: the documents behind a broken one are read
                Err(_) if matches!(parser.proceed_next_document(), Ok(true)) => self.open.clear(),
                Err(_) => return,
            }
        }
    }

    fn event(&mut self, event: &Event<'_>, span: &SourceSpan) {
        let range = span.byte_range().unwrap_or_default();
        match event {
            Event::Scalar(_, style, anchor, _) => self.scalar(*style, *anchor, range),
            Event::MappingStart(style, anchor, _) => self.start(true, *style, *anchor, &range),
            Event::SequenceStart(style, anchor, _) => self.start(false, *style, *anchor, &range),
            Event::MappingEnd | Event::SequenceEnd => {
                if let Some(open) = self.open.pop() {
                    self.anchor(open.anchor, open.start..range.end);
                }
                self.value_done();
            }
            Event::Alias(id) => {
                self.aliases.push(*id);
                self.value_done();
            }
            _ => {}
        }
    }

    fn scalar(&mut self, style: ScalarStyle, anchor: usize, range: Range<usize>) {
        if let Some(open) = self.open.last_mut().filter(|open| open.is_map && open.key.is_none()) {
            if !std::mem::replace(&mut open.has_entry, true) {
                self.maps.push(Map { start: open.start, first: range.clone(), in_flow: open.in_flow });
            }
            open.key = Some(range);
            return;
        }
        let (key, in_flow) = self.open.last().map_or((None, false), |open| (open.key.clone(), open.in_flow));
        self.anchor(anchor, range.clone());
        self.places.push(Place { value: range, key, style, in_flow });
        self.value_done();
    }

    fn start(&mut self, is_map: bool, style: StructureStyle, anchor: usize, range: &Range<usize>) {
        let in_flow = style == StructureStyle::Flow || self.open.last().is_some_and(|open| open.in_flow);
        self.open.push(Open { is_map, in_flow, key: None, has_entry: false, anchor, start: range.start });
    }

    fn anchor(&mut self, anchor: usize, range: Range<usize>) {
        // 0 says that there is none
        if anchor > 0 {
            self.anchors.push((anchor, range));
        }
    }

    fn value_done(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.key = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CauseKind, Object};

    /// The text after `fix` is carried out on the value at `keys`; none where it cannot be.
    fn fixed(text: &str, keys: &[&str], fix: Fix) -> Option<String> {
        let document = yaml::parse_one(text).unwrap();
        let node = keys.iter().fold(Node::root(&document), |node, key| node.at(key));
        let finding = Finding::at(Object::of(&document), node, CauseKind::Invalid, "x").fixed_by(Some(fix));
        let edit = Editor::of(text).edit(&finding)?;
        Some(apply(text, [&edit, &edit].into_iter()))
    }

    fn value(text: &str) -> Fix {
        Fix::Value(text.to_owned())
    }

    #[test]
    fn a_value_keeps_its_style() {
        for (old, new) in [
            ("a: {b: x} # x\r\n", "a: {b: Z} # x\r\n"),
            ("a:\n  b: 'x'\n", "a:\n  b: 'Z'\n"),
            ("{\"a\": {\"b\": \"x\"}}", "{\"a\": {\"b\": \"Z\"}}"),
            ("a:\n  b: |-\n    x\n", "a:\n  b: |-\n    Z\n"),
            ("a:\n  b: &anchor !!str x\n", "a:\n  b: &anchor !!str Z\n"),
        ] {
            assert_eq!(fixed(old, &["a", "b"], value("Z")).as_deref(), Some(new));
        }
    }

    #[test]
    fn a_value_is_quoted_where_it_would_be_read_otherwise() {
        for (text, new, wanted) in [
            ("a: x\n", "012", Some("a: \"012\"\n")),
            ("a: x\n", "yes", Some("a: \"yes\"\n")),
            ("a: x\n", "fd00::", Some("a: \"fd00::\"\n")),
            ("a: x\n", "fd00::1", Some("a: fd00::1\n")),
            ("a: 'x'\n", "fd00::", Some("a: 'fd00::'\n")),
            ("{a: x}\n", "b,c", Some("{a: \"b,c\"}\n")),
            ("a: x\n", "b\"c", None),
            ("a: x\n", "b c", None),
        ] {
            assert_eq!(fixed(text, &["a"], value(new)).as_deref(), wanted, "{text} {new}");
        }
    }

    #[test]
    fn what_cannot_be_pointed_to_or_is_shared_stays() {
        for text in [
            "a: \"\\x78\"\n",
            "a: &b x\nc: *b\n",
            "c: &b x\na: *b\n",
            "c: &b {a: x}\n<<: *b\n",
            "a: |\n  x\n",
        ] {
            assert_eq!(fixed(text, &["a"], value("Z")), None, "{text:?}");
        }
    }

    #[test]
    fn a_key_is_renamed_in_its_style() {
        for (text, wanted) in [
            ("A: x\n", Some("a: x\n")),
            ("'A' : x\n", Some("'a' : x\n")),
            ("{\"A\":\"x\",\"b\":\"A\"}", Some("{\"a\":\"x\",\"b\":\"A\"}")),
            ("? A\n: x\n", Some("? a\n: x\n")),
            ("\"\\x41\": x\n", None),
        ] {
            assert_eq!(fixed(text, &["A"], Fix::Key("a")).as_deref(), wanted, "{text:?}");
        }
    }

    #[test]
    fn an_entry_goes_in_front_of_the_others() {
        for (text, wanted) in [
            ("a:\n  b: 1 # x\n", "a:\n  n: y\n  b: 1 # x\n"),
            ("a:\r\n  # x\r\n  b: 1\r\n", "a:\r\n  # x\r\n  n: y\r\n  b: 1\r\n"),
            ("a: {b: 1}\n", "a: {n: y, b: 1}\n"),
            ("a: { \"b\": 1 }\n", "a: { \"n\": \"y\", \"b\": 1 }\n"),
            ("{\"a\": {\n  \"b\": 1\n}}", "{\"a\": {\n  \"n\": \"y\",\n  \"b\": 1\n}}"),
        ] {
            assert_eq!(fixed(text, &["a"], Fix::Entry("n", Some("y"))).as_deref(), Some(wanted));
        }
        for text in ["a: {}\n", "a: { # x\n  b: 1}\n", "a:\n  ? b\n  : 1\n", "a: &c {b: 1}\nd: *c\n"] {
            assert_eq!(fixed(text, &["a"], Fix::Entry("n", None)), None, "{text:?}");
        }
    }
}
