//! One YAML document, event by event, as kubectl would understand it (sigs.k8s.io/yaml@v1.6.0:goyaml.v2).
//!
//! The parser follows YAML 1.2. Where kubectl reads the same text as something else, the reader does so too; where
//! kubectl does not read it at all, or people cannot mean what it reads, it says so.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{Event, ScalarStyle, Span as SourceSpan, StructureStyle, Tag, YamlVersion};

use super::place::{block, number, place};
use super::{Read, SyntaxError};
use crate::decode::scalar;
use crate::model::document::{Builder, Shape, Span};

/// Nodes of one document at most; a list of 25,000 Services has half as many.
pub(super) const MAX_NODES: usize = 2 << 20;

/// Nodes of one document that aliases add at most, so that an alias bomb ends early. kubectl stops at a comparable
/// size (sigs.k8s.io/yaml@v1.6.0:goyaml.v2/decode.go, `allowedAliasRatio`).
const MAX_ALIASED: usize = 400_000;

/// Where aliases and anchors that name the same are found: the nodes from one to before the other.
type Anchors = HashMap<usize, (u32, u32)>;

#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "four independent facts about one container")]
struct Open {
    id: u32,
    anchor: usize,
    is_map: bool,
    /// Whether it is written in brackets or braces, or inside such.
    in_flow: bool,
    /// In a map: whether the next scalar is a key.
    wants_key: bool,
    /// In a map: whether the value under way belongs to a merge key.
    merging: bool,
    /// In a map: the plain key whose value is under way, if it ends with a colon.
    ends_with_colon: Option<Span>,
    /// In a map: the values of its merge keys, and the entries they brought in.
    merges: Vec<u32>,
    merged: Vec<u32>,
}

/// Puts one document together.
pub(super) struct Reader<'a> {
    text: &'a str,
    builder: Builder,
    open: Vec<Open>,
    anchors: Anchors,
    aliased: usize,
    /// Where the last thing that is written ends: line and column.
    written_until: (u32, u32),
    notices: Vec<SyntaxError>,
}

fn error(place: Span, message: impl Into<String>) -> SyntaxError {
    SyntaxError { line: place.line, column: place.column, message: message.into() }
}

/// What is said about a key with the place where it is written again.
pub(super) fn written_twice((key, span): (String, Span)) -> SyntaxError {
    error(span, format!("key {key:?} is written twice; kubectl keeps the last one"))
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            builder: Builder::located(),
            open: Vec::new(),
            anchors: Anchors::new(),
            aliased: 0,
            written_until: (1, 1),
            notices: Vec::new(),
        }
    }

    /// Takes one event; the document, once it is complete.
    pub(super) fn event(
        &mut self,
        event: &Event<'_>,
        span: &SourceSpan,
    ) -> Result<Option<Read>, SyntaxError> {
        // blocks end where something else begins, which says nothing about them
        if !span.is_empty() {
            let Span { end_line, end_column, .. } = place(span);
            self.written_until = (end_line, end_column);
        }
        match event {
            Event::DocumentStart(_, version) => version_is_read(*version, span)?,
            Event::DocumentEnd => {
                let document = std::mem::replace(&mut self.builder, Builder::located()).finish();
                return Ok(Some(Read::new(document, std::mem::take(&mut self.notices))));
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = *style == ScalarStyle::Plain;
                if plain {
                    self.is_read_alike(text, span)?;
                }
                let plain = plain && !tag.as_deref().is_some_and(is_string);
                let place = match style {
                    ScalarStyle::Literal | ScalarStyle::Folded => block(self.text, span),
                    _ => place(span),
                };
                self.scalar(text, plain, *anchor, span, place);
            }
            Event::MappingStart(style, anchor, _) => self.start(Shape::Map, *style, *anchor, span)?,
            Event::SequenceStart(style, anchor, _) => self.start(Shape::List, *style, *anchor, span)?,
            Event::MappingEnd | Event::SequenceEnd => self.end(),
            Event::Alias(id) => self.alias(*id, span)?,
            _ => {}
        }
        if self.builder.len() > MAX_NODES {
            return Err(error(place(span), "the document is too large"));
        }
        Ok(None)
    }

    /// Whether the scalar at hand is a key.
    fn at_key(&self) -> bool {
        self.open.last().is_some_and(|open| open.is_map && open.wants_key)
    }

    fn value_done(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.wants_key = open.is_map;
            open.merging = false;
            open.ends_with_colon = None;
        }
    }

    /// Refuses plain scalars in brackets or braces at whose colons kubectl and YAML 1.2 part.
    fn is_read_alike(&self, text: &str, span: &SourceSpan) -> Result<(), SyntaxError> {
        if !self.open.last().is_some_and(|open| open.in_flow) {
            return Ok(());
        }
        if text.starts_with(':') {
            let message = format!("kubectl cannot read {text} inside brackets or braces; write \"{text}\"");
            return Err(error(place(span), message));
        }
        let rest = span.byte_range().and_then(|range| self.text.get(range.end..)).unwrap_or_default();
        let mut following = rest.chars();
        if following.next() == Some(':') && following.next().is_some_and(|c| ",[]{}".contains(c)) {
            let message = format!("{text}: is read in different ways inside brackets or braces; quote it");
            return Err(error(place(span), message));
        }
        Ok(())
    }

    fn scalar(&mut self, text: &str, plain: bool, anchor: usize, span: &SourceSpan, place: Span) {
        if let Some(open) = self.open.last_mut().filter(|open| open.is_map && open.wants_key) {
            open.wants_key = false;
            open.merging = plain && text == "<<";
            open.ends_with_colon = (plain && text.ends_with(':')).then_some(place);
            // a key is always a string; `y:` becomes "true", as in kubectl
            match scalar::resolve(text) {
                (Shape::Bool | Shape::Number, resolved) if plain => self.builder.key(&resolved),
                _ => self.builder.key(text),
            }
            return;
        }
        let (shape, resolved) =
            if plain { scalar::resolve(text) } else { (Shape::String, Cow::Borrowed(text)) };
        if shape == Shape::Null
            && span.is_empty()
            && let Some(key) = self.open.last().and_then(|open| open.ends_with_colon)
        {
            let message = "a key that ends with a colon and has no value; quote it, if an address is meant";
            self.notices.push(error(key, message));
        }
        let id = self.builder.scalar(shape, &resolved, place);
        self.anchor(anchor, id, id + 1);
        self.value_done();
    }

    fn anchor(&mut self, anchor: usize, from: u32, until: u32) {
        // 0 says that there is none
        if anchor > 0 {
            self.anchors.insert(anchor, (from, until));
        }
    }

    fn start(
        &mut self,
        shape: Shape,
        style: StructureStyle,
        anchor: usize,
        span: &SourceSpan,
    ) -> Result<(), SyntaxError> {
        if self.at_key() {
            return Err(error(place(span), "a list or map cannot be a key"));
        }
        let id = self.builder.open(shape, place(span));
        let is_map = shape == Shape::Map;
        let in_flow = style == StructureStyle::Flow || self.open.last().is_some_and(|open| open.in_flow);
        self.open.push(Open { id, anchor, is_map, in_flow, wants_key: is_map, ..Open::default() });
        Ok(())
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        if open.is_map {
            let twice = self.builder.settle(&open.merges, &open.merged);
            self.notices.extend(twice.into_iter().map(written_twice));
        }
        self.builder.close();
        let (line, column) = self.written_until;
        self.builder.end_at(open.id, line, column);
        let until = number(self.builder.len());
        self.anchor(open.anchor, open.id, until);
        self.merge(open.id);
        self.value_done();
    }

    /// If the value that was just added stands under a merge key, puts its entries in its place.
    fn merge(&mut self, value: u32) {
        if let Some(open) = self.open.last_mut().filter(|open| open.merging) {
            open.merges.push(value);
            open.merged.extend(self.builder.merge(value));
        }
    }

    fn alias(&mut self, id: usize, span: &SourceSpan) -> Result<(), SyntaxError> {
        let Some((from, until)) = self.anchors.get(&id).copied() else {
            return Err(error(place(span), "the alias names an anchor that is not complete here"));
        };
        if self.at_key() {
            return Err(error(place(span), "an alias cannot be a key"));
        }
        self.aliased += (until - from) as usize;
        if self.aliased > MAX_ALIASED {
            return Err(error(place(span), "the aliases of this document expand to too much"));
        }
        let copy = self.builder.copy(from, until);
        self.merge(copy);
        self.value_done();
        Ok(())
    }
}

fn is_string(tag: &Tag) -> bool {
    tag.is_yaml_core_schema_tag("str")
}

fn version_is_read(version: Option<YamlVersion>, span: &SourceSpan) -> Result<(), SyntaxError> {
    match version {
        Some(version) if (version.major, version.minor) != (1, 1) => {
            Err(error(place(span), "kubectl reads no YAML version but 1.1; drop the %YAML line"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::decode::yaml::{documents, parse, parse_one};
    use crate::model::{Document, Node};

    fn one(text: &str) -> Document {
        parse_one(text).unwrap()
    }

    /// Where the first document is refused.
    fn refused(text: &str) -> Option<(u32, u32)> {
        let error = parse(text).remove(0).err()?;
        Some((error.line, error.column))
    }

    /// The notices about the first document.
    fn noticed(text: &str) -> Vec<(u32, u32)> {
        let read = documents(text).next().unwrap().unwrap();
        read.notices.iter().map(|notice| (notice.line, notice.column)).collect()
    }

    #[test]
    fn values_know_their_place() {
        let document = one("a:\n  b: [x, \"y\"]\n  ü: {c: 1}\n");
        let root = Node::root(&document);
        let span = root.at("a").at("b").items().last().unwrap().span().unwrap();
        assert_eq!((span.line, span.column, span.end_line, span.end_column), (2, 10, 2, 13));
        let span = root.at("a").at("ü").at("c").span().unwrap();
        assert_eq!((span.line, span.column), (3, 10));
    }

    #[test]
    fn blocks_end_with_what_is_in_them() {
        let document = one("a:\n  b:\n    - x\n    - [y ]\n\n  # c\n  d:\n\ne: |\n  f\n\ng: {h: i } # j\n");
        let root = Node::root(&document);
        let end = |node: Node<'_>| node.span().map(|span| (span.end_line, span.end_column)).unwrap();
        assert_eq!(end(root.at("a").at("b")), (4, 11));
        assert_eq!(end(root.at("a")), (7, 4));
        assert_eq!(end(root.at("g")), (12, 11));
        assert_eq!(end(root), (12, 11));
    }

    #[test]
    fn lines_may_end_as_on_windows() {
        let document = one("\u{feff}a: 1\r\n# ü\r\nb:\r\n  - \"x\"\r\n  - y\r\n");
        let root = Node::root(&document);
        let span = root.at("b").items().last().unwrap().span().unwrap();
        assert_eq!((span.line, span.column, span.end_line, span.end_column), (5, 5, 5, 6));
    }

    #[test]
    fn applies_aliases_and_merges() {
        let document = one("base: &b {p: 1, q: 2}\nuse:\n  <<: *b\n  q: 3\nlist: [*b]\n");
        let root = Node::root(&document);
        assert_eq!((root.at("use").at("p").text(), root.at("use").at("q").text()), ("1", "3"));
        assert!(root.at("use").at("<<").is_absent());
        assert_eq!(root.at("list").items().next().unwrap().at("q").text(), "2");
    }

    #[test]
    fn merges_win_over_what_stands_before_them() {
        let document = one("b: &b {p: 1}\nu: {p: 2, <<: *b, q: 3}\nl: {<<: [{r: 1}, {r: 2, s: 2}]}\n");
        let root = Node::root(&document);
        assert_eq!((root.at("u").at("p").text(), root.at("u").at("q").text()), ("1", "3"));
        assert_eq!((root.at("l").at("r").text(), root.at("l").at("s").text()), ("1", "2"));
        assert_eq!((root.at("u").children().count(), root.at("l").children().count()), (2, 2));
    }

    #[test]
    fn keys_are_read_as_kubectl_reads_them() {
        let document = one("y: 1\n012: 2\n'y': 3\n");
        let keys: Vec<&str> = Node::root(&document).children().map(Node::key).collect();
        assert_eq!(keys, ["true", "10", "y"]);
    }

    #[test]
    fn of_a_key_written_twice_the_last_counts() {
        let document = one("a: {b: 1, c: 2, b: 3}\n");
        let values: Vec<&str> = Node::root(&document).at("a").children().map(Node::text).collect();
        assert_eq!(values, ["2", "3"]);
        assert_eq!(noticed("a: {b: 1, c: 2, b: 3}\nd: 1\nd: 2\n"), [(1, 20), (3, 4)]);
        assert!(noticed("b: &b {p: 1}\nu: {p: 2, <<: *b}\nv: {<<: *b, p: 2}\n").is_empty());
    }

    #[test]
    fn an_address_that_ends_with_colons_is_a_map_to_kubectl() {
        let document = one("a:\n- fd00::\n- fd00::/48\n- ::1\n- [fe80::1]\n");
        let root = Node::root(&document);
        assert!(root.at("a").items().next().unwrap().at("fd00:").is_nothing());
        let others: Vec<&str> = root.at("a").items().skip(1).take(2).map(Node::text).collect();
        assert_eq!(others, ["fd00::/48", "::1"]);
        assert_eq!(noticed("a:\n- fd00::\n- x:\n- 'fd00:':\n- fd00::/48\n"), [(2, 3)]);
    }

    #[test]
    fn colons_that_are_read_in_different_ways_are_refused() {
        assert_eq!(refused("a: [x, ::1]\n"), Some((1, 8)));
        assert_eq!(refused("a: {b: ::1}\n"), Some((1, 8)));
        assert_eq!(refused("a: [fd00::, x]\n"), Some((1, 5)));
        assert_eq!(refused("a: fd00::\n"), Some((1, 9)));
        for fine in [
            "a: ['::1', \"fd00::\"]",
            "a: [fe80::1, fd00::/48]",
            "{\"a\":\"b\",\"c\":{}}",
            "a: {b: , c: [d: 1]}",
        ] {
            assert_eq!(refused(fine), None, "{fine}");
        }
    }

    #[test]
    fn other_versions_of_yaml_are_refused() {
        assert_eq!(refused("%YAML 1.2\n---\na: 1\n"), Some((2, 1)));
        assert_eq!(refused("%YAML 1.1\n---\na: 1\n"), None);
    }

    #[test]
    fn an_alias_bomb_ends() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let items = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        assert!(refused(&text).is_some());
    }
}
