//! A value together with the place it was found at: the only way rules read objects.

use super::document::{Document, NONE, Shape, Span};
use super::path::FieldPath;

/// A handle to one value of a [`Document`]. Absent values are handles too, so that look-ups chain.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    document: &'a Document,
    id: u32,
}

impl<'a> Node<'a> {
    /// The root of `document`.
    pub fn root(document: &'a Document) -> Self {
        Self { document, id: 0 }
    }

    pub(super) fn with(self, id: u32) -> Self {
        Self { document: self.document, id }
    }

    pub(crate) fn id(self) -> u32 {
        self.id
    }

    /// A handle to nothing, in the same document.
    #[must_use]
    pub fn absent(self) -> Self {
        self.with(NONE)
    }

    /// A document of its own that holds this value.
    pub(crate) fn detach(self) -> Document {
        self.document.extract_expanded(self.id)
    }

    /// Whether there is no such value.
    pub fn is_absent(self) -> bool {
        self.shape().is_none()
    }

    /// Whether there is no such value, or it is `null`.
    pub fn is_nothing(self) -> bool {
        self.shape().is_none_or(|shape| shape == Shape::Null)
    }

    /// Whether this is the very same value of the very same document.
    pub fn is_identical(self, other: Node<'_>) -> bool {
        std::ptr::eq(self.document, other.document) && self.id == other.id
    }

    /// Whether it is a map.
    pub fn is_map(self) -> bool {
        self.shape() == Some(Shape::Map)
    }

    /// What the value is; nothing when absent.
    pub fn shape(self) -> Option<Shape> {
        self.document.shape(self.id)
    }

    /// The entry `key` of a map; the last one where a key is written twice, as Go's decoders do.
    #[must_use]
    pub fn at(self, key: &str) -> Self {
        self.with(self.document.entry(self.id, key))
    }

    /// Several entries of a map, in one pass.
    pub(crate) fn entries<const N: usize>(self, keys: [&str; N]) -> [Self; N] {
        self.document.entries(self.id, keys).map(|id| self.with(id))
    }

    /// The children of a list or map, in the order written.
    pub fn children(self) -> impl Iterator<Item = Node<'a>> {
        let is_container = matches!(self.shape(), Some(Shape::List | Shape::Map));
        let mut next = if is_container { self.document.first(self.id) } else { NONE };
        std::iter::from_fn(move || {
            let node = self.with(next);
            next = self.document.next(next)?;
            Some(node)
        })
    }

    /// The items of a list; nothing when it is none.
    pub fn items(self) -> impl Iterator<Item = Node<'a>> {
        let list = if self.shape() == Some(Shape::List) { self } else { self.absent() };
        list.children()
    }

    /// The JSON value decoded from this string's text, where `decode` found one.
    #[must_use]
    pub fn embedded(self) -> Self {
        let is_string = self.shape() == Some(Shape::String);
        self.with(if is_string { self.document.first(self.id) } else { NONE })
    }

    /// The key under which a map holds this value; empty for list items.
    pub fn key(self) -> &'a str {
        self.document.key(self.id)
    }

    /// The text of a string.
    pub fn as_str(self) -> Option<&'a str> {
        self.document.string(self.id)
    }

    /// The text of any scalar as written; empty for containers, `null` and absent values.
    pub fn text(self) -> &'a str {
        self.document.text(self.id)
    }

    /// Yes or no as Go's `strconv.ParseBool` reads it, from a boolean or its text.
    pub fn as_bool(self) -> Option<bool> {
        match self.text() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
            _ => None,
        }
    }

    /// Where the value stands in its file, when it came from one.
    pub fn span(self) -> Option<Span> {
        self.document.span(self.id)
    }

    /// The path from `root` to this value.
    pub fn path_from(self, root: Node<'a>) -> FieldPath {
        let mut chain = Vec::new();
        let mut id = self.id;
        while id != root.id && !self.with(id).is_absent() {
            let parent = self.document.parent(id);
            chain.push((id, parent));
            id = parent;
        }
        chain.reverse();
        let mut path = FieldPath::default();
        for (id, parent) in chain {
            path = match self.document.shape(parent) {
                Some(Shape::Map) => path.child(self.document.key(id)),
                Some(Shape::List) => path.index(self.position(id, parent)),
                // the root of JSON inside a string shares the string's path
                _ => path,
            };
        }
        path
    }

    fn position(self, id: u32, parent: u32) -> usize {
        self.with(parent).children().take_while(|child| child.id != id).count()
    }

    /// Whether two values are equal, in whatever order their maps were written.
    pub fn same_as(self, other: Node<'_>) -> bool {
        if self.shape() != other.shape() || self.text() != other.text() {
            return false;
        }
        match self.shape() {
            Some(Shape::List) => {
                let pairs = self.items().zip(other.items());
                self.items().count() == other.items().count() && { pairs }.all(|(a, b)| a.same_as(b))
            }
            Some(Shape::Map) => {
                self.children().count() == other.children().count()
                    && self.children().all(|child| child.same_as(other.at(child.key())))
            }
            _ => true,
        }
    }
}
