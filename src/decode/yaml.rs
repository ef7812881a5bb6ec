//! YAML (and with it JSON files) into documents that know where each value stands.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, Span as SourceSpan, Tag, options};

use super::SyntaxError;
use super::scalar;
use crate::model::document::{Builder, Document, Shape, Span};
use crate::model::node::Node;

/// Nodes of one document at most, aliases expanded: an alias bomb ends here.
const MAX_NODES: usize = 2 << 20;

/// Decodes every document of a YAML stream; empty documents are left out. A broken document is reported in its
/// place, and those after it are still read.
pub fn parse(text: &str) -> Vec<Result<Document, SyntaxError>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parser = Parser::new_from_str_with_options(text, options! { emit_comments: false });
    let mut documents = Vec::new();
    let mut reader = Reader::default();
    while let Some(next) = parser.next_event() {
        let step = match next {
            Ok((event, span)) => reader.event(&event, &span),
            Err(error) => {
                let marker = error.marker();
                Err(SyntaxError {
                    line: number(marker.line()),
                    column: number(marker.col()) + 1,
                    message: error.info().clone(),
                })
            }
        };
        match step {
            Ok(Some(document)) if is_empty(&document) => {}
            Ok(Some(document)) => documents.push(Ok(document)),
            Ok(None) => {}
            Err(error) => {
                documents.push(Err(error));
                reader = Reader::default();
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    break;
                }
            }
        }
    }
    documents
}

/// Decodes a stream that must hold exactly one document.
pub fn parse_one(text: &str) -> Result<Document, SyntaxError> {
    let mut documents = parse(text);
    match documents.len() {
        1 => documents.remove(0),
        0 => Err(SyntaxError { line: 1, column: 1, message: "the document is empty".to_owned() }),
        count => {
            Err(SyntaxError { line: 1, column: 1, message: format!("{count} documents where one is wanted") })
        }
    }
}

fn is_empty(document: &Document) -> bool {
    document.is_empty() || Node::root(document).is_nothing()
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn place(span: &SourceSpan) -> Span {
    Span {
        line: number(span.start.line()),
        column: number(span.start.col()) + 1,
        end_line: number(span.end.line()),
        end_column: number(span.end.col()) + 1,
    }
}

struct Open {
    id: u32,
    anchor: usize,
    is_map: bool,
    /// In a map: whether the next scalar is a key.
    wants_key: bool,
    /// In a map: whether the value under way belongs to a merge key.
    merging: bool,
}

#[derive(Default)]
struct Reader {
    builder: Option<Builder>,
    open: Vec<Open>,
    anchors: HashMap<usize, (u32, u32)>,
}

impl Reader {
    fn event(&mut self, event: &Event<'_>, span: &SourceSpan) -> Result<Option<Document>, SyntaxError> {
        match event {
            Event::DocumentStart(..) => *self = Self { builder: Some(Builder::located()), ..Self::default() },
            Event::DocumentEnd => return Ok(self.builder.take().map(Builder::finish)),
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(text, *style, *anchor, tag.as_deref(), span);
            }
            Event::MappingStart(_, anchor, _) => self.start(Shape::Map, *anchor, span)?,
            Event::SequenceStart(_, anchor, _) => self.start(Shape::List, *anchor, span)?,
            Event::MappingEnd | Event::SequenceEnd => self.end(span),
            Event::Alias(id) => self.alias(*id, span)?,
            _ => {}
        }
        let nodes = self.builder.as_ref().map_or(0, Builder::len);
        if nodes > MAX_NODES {
            return Err(self.error(span, "the document is too large; are its aliases nested?"));
        }
        Ok(None)
    }

    #[allow(clippy::unused_self, reason = "reads as part of the reader")]
    fn error(&self, span: &SourceSpan, message: &str) -> SyntaxError {
        let place = place(span);
        SyntaxError { line: place.line, column: place.column, message: message.to_owned() }
    }

    /// Whether the scalar at hand is a key.
    fn at_key(&self) -> bool {
        self.open.last().is_some_and(|open| open.is_map && open.wants_key)
    }

    fn value_done(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.wants_key = open.is_map;
            open.merging = false;
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: &SourceSpan,
    ) {
        let plain = style == ScalarStyle::Plain && !tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
        let Some(builder) = self.builder.as_mut() else {
            return;
        };
        if self.open.last().is_some_and(|open| open.is_map && open.wants_key) {
            let merging = plain && text == "<<";
            // a key is always a string; `y:` becomes "true", as in kubectl
            match scalar::resolve(text) {
                (Shape::Bool | Shape::Number, resolved) if plain => builder.key(&resolved),
                _ => builder.key(text),
            }
            if let Some(open) = self.open.last_mut() {
                open.wants_key = false;
                open.merging = merging;
            }
            return;
        }
        let (shape, resolved) =
            if plain { scalar::resolve(text) } else { (Shape::String, std::borrow::Cow::Borrowed(text)) };
        let id = builder.scalar(shape, &resolved, place(span));
        self.anchors.insert(anchor, (id, id + 1));
        self.value_done();
    }

    fn start(&mut self, shape: Shape, anchor: usize, span: &SourceSpan) -> Result<(), SyntaxError> {
        if self.at_key() {
            return Err(self.error(span, "a list or map cannot be a key"));
        }
        if let Some(builder) = self.builder.as_mut() {
            let id = builder.open(shape, place(span));
            let is_map = shape == Shape::Map;
            self.open.push(Open { id, anchor, is_map, wants_key: is_map, merging: false });
        }
        Ok(())
    }

    fn end(&mut self, span: &SourceSpan) {
        let Some(builder) = self.builder.as_mut() else {
            return;
        };
        let Some(open) = self.open.pop() else { return };
        builder.close();
        builder.end_at(open.id, number(span.end.line()), number(span.end.col()) + 1);
        let until = number(builder.len());
        self.anchors.insert(open.anchor, (open.id, until));
        if self.open.last().is_some_and(|parent| parent.merging) {
            builder.merge(open.id, until);
        }
        self.value_done();
    }

    fn alias(&mut self, id: usize, span: &SourceSpan) -> Result<(), SyntaxError> {
        let Some((from, until)) = self.anchors.get(&id).copied() else {
            return Err(self.error(span, "the alias names an anchor that is not complete here"));
        };
        if self.at_key() {
            return Err(self.error(span, "an alias cannot be a key"));
        }
        let size = (until - from) as usize;
        if self.builder.as_ref().map_or(0, Builder::len) + size > MAX_NODES {
            return Err(self.error(span, "the aliases of this document expand to too much"));
        }
        let merging = self.open.last().is_some_and(|open| open.merging);
        if let Some(builder) = self.builder.as_mut() {
            let copy = builder.copy(from, until);
            if merging {
                let until = number(builder.len());
                builder.merge(copy, until);
            }
        }
        self.value_done();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Document {
        parse_one(text).unwrap()
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
    fn applies_aliases_and_merges() {
        let document = one("base: &b {p: 1, q: 2}\nuse:\n  <<: *b\n  q: 3\nlist: [*b]\n");
        let root = Node::root(&document);
        assert_eq!((root.at("use").at("p").text(), root.at("use").at("q").text()), ("1", "3"));
        assert!(root.at("use").at("<<").is_absent());
        assert_eq!(root.at("list").items().next().unwrap().at("q").text(), "2");
    }

    #[test]
    fn keys_are_read_as_kubectl_reads_them() {
        let document = one("y: 1\n012: 2\n'y': 3\n");
        let keys: Vec<&str> = Node::root(&document).children().map(Node::key).collect();
        assert_eq!(keys, ["true", "10", "y"]);
    }

    #[test]
    fn reads_the_documents_after_a_broken_one() {
        let documents = parse("a: 1\n---\nb: [\n---\nc: 3\n");
        let read: Vec<bool> = documents.iter().map(Result::is_ok).collect();
        assert_eq!(read, [true, false, true]);
    }

    #[test]
    fn an_alias_bomb_ends() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let previous = level - 1;
            let items = vec![format!("*a{previous}"); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        assert!(parse(&text)[0].is_err());
    }

    #[test]
    fn leaves_out_empty_documents() {
        assert_eq!(parse("---\n# nothing\n---\n\n---\na: 1\n").len(), 1);
        assert!(parse("").is_empty());
    }
}
