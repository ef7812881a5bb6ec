//! JSON into a document, in one pass.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::SyntaxError;
use crate::model::document::{Builder, Document, Shape, Span};

/// Deeper than any object the API server knows a schema for, and below `serde_json`'s recursion limit of 128.
/// What is nested deeper is skipped, not refused, so that nobody can slip past by nesting.
const MAX_DEPTH: usize = 100;

/// Nodes kept at most, 64 MiB of them; a 3 MiB object of nothing but short addresses has 400,000.
const MAX_NODES: usize = 2 << 20;

/// Decodes one JSON value.
pub fn parse(text: &str) -> Result<Document, SyntaxError> {
    let mut builder = Builder::over(text);
    append(text, &mut builder, 0).map_err(|error| SyntaxError {
        line: u32::try_from(error.line()).unwrap_or(u32::MAX),
        column: u32::try_from(error.column()).unwrap_or(u32::MAX),
        message: error.to_string(),
    })?;
    Ok(builder.finish())
}

/// Decodes one JSON value to where `builder` stands.
pub(super) fn append(text: &str, builder: &mut Builder, depth: usize) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    NodeSeed { builder, depth }.deserialize(&mut deserializer)?;
    deserializer.end()
}

/// The entries that no rule reads of a map that itself stands under `key`: bulky or private parts of objects and
/// reviews that are dropped while parsing (design 8).
fn unread_below(key: &str) -> &'static [&'static str] {
    match key {
        "metadata" => &["managedFields", "uid", "creationTimestamp", "generation"],
        "annotations" => &["kubectl.kubernetes.io/last-applied-configuration"],
        "request" => &["options", "resource", "requestKind", "requestResource"],
        "userInfo" => &["extra", "groups", "uid"],
        _ => &[],
    }
}

/// Feeds whatever a deserializer yields into a builder.
pub struct NodeSeed<'b> {
    /// Where the nodes go.
    pub builder: &'b mut Builder,
    /// How deep the value stands.
    pub depth: usize,
}

impl NodeSeed<'_> {
    fn is_beyond_limits(&self) -> bool {
        self.depth >= MAX_DEPTH || self.builder.len() >= MAX_NODES
    }

    fn scalar(&mut self, shape: Shape, text: &str) {
        self.builder.scalar(shape, text, Span::default());
    }
}

impl<'de> DeserializeSeed<'de> for NodeSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<(), D::Error> {
        if self.is_beyond_limits() {
            self.scalar(Shape::Deep, "");
            return IgnoredAny.visit_ignored(deserializer);
        }
        deserializer.deserialize_any(self)
    }
}

trait VisitIgnored {
    fn visit_ignored<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error>;
}

impl VisitIgnored for IgnoredAny {
    fn visit_ignored<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_ignored_any(self).map(|_| ())
    }
}

impl<'de> Visitor<'de> for NodeSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(mut self) -> Result<(), E> {
        self.scalar(Shape::Null, "");
        Ok(())
    }

    fn visit_bool<E>(mut self, value: bool) -> Result<(), E> {
        self.scalar(Shape::Bool, if value { "true" } else { "false" });
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.builder.number(format_args!("{value}"));
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.builder.number(format_args!("{value}"));
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.builder.number(format_args!("{value}"));
        Ok(())
    }

    fn visit_str<E>(mut self, value: &str) -> Result<(), E> {
        self.scalar(Shape::String, value);
        Ok(())
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<(), E> {
        self.builder.borrowed_string(value);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.builder.open(Shape::List, Span::default());
        while list.next_element_seed(NodeSeed { builder: self.builder, depth: self.depth + 1 })?.is_some() {}
        self.builder.close();
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.builder.open(Shape::Map, Span::default());
        let unread = if self.builder.is_whole() { &[] } else { unread_below(self.builder.open_key()) };
        while let Some(wanted) = map.next_key_seed(KeySeed { builder: self.builder, unread })? {
            if wanted {
                map.next_value_seed(NodeSeed { builder: self.builder, depth: self.depth + 1 })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        self.builder.close();
        Ok(())
    }
}

/// Reads a key; yields whether its value is wanted.
struct KeySeed<'b> {
    builder: &'b mut Builder,
    unread: &'static [&'static str],
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        let wanted = !self.unread.contains(&key);
        if wanted {
            self.builder.key(key);
        }
        Ok(wanted)
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<bool, E> {
        let wanted = !self.unread.contains(&key);
        if wanted {
            self.builder.borrowed_key(key);
        }
        Ok(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Node;

    #[test]
    fn keeps_values_and_skips_what_nobody_reads() {
        let text =
            r#"{"metadata":{"name":"a","managedFields":[{"x":1}]},"n":-1.5,"s":"\u0041","l":[null,true]}"#;
        let document = parse(text).unwrap();
        let root = Node::root(&document);
        assert_eq!(root.at("metadata").at("name").as_str(), Some("a"));
        assert!(root.at("metadata").at("managedFields").is_absent());
        assert_eq!((root.at("n").text(), root.at("s").text()), ("-1.5", "A"));
        let shapes: Vec<_> = root.at("l").items().filter_map(Node::shape).collect();
        assert_eq!(shapes, [Shape::Null, Shape::Bool]);
        assert_eq!(root.at("l").items().last().unwrap().path_from(root).as_str(), "l[1]");
    }

    #[test]
    fn nesting_is_cut_not_refused() {
        let text = format!("{{\"a\":{}{},\"uid\":\"u\"}}", "[".repeat(90_000), "]".repeat(90_000));
        let document = parse(&text).unwrap();
        assert_eq!(Node::root(&document).at("uid").text(), "u");
        assert!(document.len() < 200);
    }

    #[test]
    fn says_where_json_is_broken() {
        let error = parse("{\"a\":\n x}").unwrap_err();
        assert_eq!((error.line, error.column), (2, 2));
        assert!(parse("{} x").is_err());
    }
}
