//! The form of a document that is kept: a snapshot holds hundreds of thousands.
//!
//! Nodes stand in the order in which they are read, each before what is below it, so that a node needs no link to
//! its first child and none to its parent. Links and places of texts are 16 bits wide.

use super::{NONE, Shape, Table, words};

/// References to texts below this one are numbers of words, others are this much more than a place in `text`.
pub(super) const WORDS: u16 = 256;
/// What stands in place of a length that is at least this.
const LONG: u8 = 0x7f;
/// How many texts are compared with a new one before it is written once more.
const COMPARED: usize = 32;

#[derive(Clone, Copy, Debug)]
struct Small {
    key: u16,
    text: u16,
    /// The next node below the same one; 0 where there is none.
    next: u16,
    /// The length of the key, at most 255: most keys are told apart by it.
    key_len: u8,
    /// The number of its shape in [`SHAPES`], and whether it has children.
    shape: u8,
}

const SHAPES: [Shape; 7] =
    [Shape::Null, Shape::Bool, Shape::Number, Shape::String, Shape::List, Shape::Map, Shape::Deep];
const HAS_CHILDREN: u8 = 0x80;

impl Small {
    fn shape(self) -> Shape {
        SHAPES.get(usize::from(self.shape & !HAS_CHILDREN)).copied().unwrap_or(Shape::Null)
    }
}

/// A length as nodes have it.
fn short(len: usize) -> u8 {
    u8::try_from(len).unwrap_or(u8::MAX)
}

#[derive(Clone, Debug, Default)]
pub(super) struct Packed {
    nodes: Box<[Small]>,
    /// Every text once, its length before it: one byte, or [`LONG`] and three bytes of 7 bits each. As those are
    /// ASCII, texts need no check when they are read.
    text: Box<str>,
}

impl Packed {
    /// Packs what a table links; `None` if it has places in a file, or more than 16 bits can tell apart.
    pub(super) fn of(table: &Table) -> Option<Self> {
        if !table.spans.is_empty() {
            return None;
        }
        let mut packer = Packer::default();
        packer.nodes.reserve_exact(table.nodes.len());
        // nodes still to add, each with the one before it
        let mut open = vec![(0, None)];
        while let Some((id, previous)) = open.pop() {
            let Some(data) = table.data(id) else { continue };
            let number = packer.nodes.len();
            let (key, key_len) = (packer.text(table.key(data))?, short(table.key(data).len()));
            let text = packer.text(table.slice(data.text))?;
            let shape = data.shape as u8 | if table.data(data.first).is_some() { HAS_CHILDREN } else { 0 };
            packer.nodes.push(Small { key, text, next: 0, key_len, shape });
            if let Some(previous) = previous.and_then(|previous: usize| packer.nodes.get_mut(previous)) {
                previous.next = u16::try_from(number).ok()?;
            }
            if id != 0 {
                open.push((data.next, Some(number)));
            }
            open.push((data.first, None));
        }
        u16::try_from(packer.nodes.len()).ok()?;
        Some(Self { nodes: packer.nodes.into(), text: packer.text.into() })
    }

    fn node(&self, id: u32) -> Option<&Small> {
        self.nodes.get(id as usize)
    }

    fn has_key(&self, node: Small, key: &str) -> bool {
        node.key_len == short(key.len()) && self.read(node.key) == key
    }

    fn read(&self, reference: u16) -> &str {
        match reference.checked_sub(WORDS) {
            None => words::word(reference).unwrap_or_default(),
            Some(start) => read(&self.text, usize::from(start)),
        }
    }

    /// The first entry of a map.
    fn first_entry(&self, map: u32) -> u32 {
        let is_map = self.shape(map) == Some(Shape::Map);
        if is_map { self.first(map) } else { NONE }
    }

    #[inline(never)]
    pub(super) fn entry(&self, map: u32, key: &str) -> u32 {
        let mut found = NONE;
        let mut next = self.first_entry(map);
        while let Some(node) = self.node(next) {
            if self.has_key(*node, key) {
                found = next;
            }
            next = link(node.next);
        }
        found
    }

    #[inline(never)]
    pub(super) fn entries<const N: usize>(&self, map: u32, keys: [&str; N]) -> [u32; N] {
        let mut found = [NONE; N];
        let mut next = self.first_entry(map);
        while let Some(node) = self.node(next) {
            for (found, key) in found.iter_mut().zip(keys) {
                if self.has_key(*node, key) {
                    *found = next;
                }
            }
            next = link(node.next);
        }
        found
    }

    #[inline(never)]
    pub(super) fn shape(&self, id: u32) -> Option<Shape> {
        self.node(id).map(|node| node.shape())
    }

    #[inline(never)]
    pub(super) fn key(&self, id: u32) -> &str {
        self.node(id).map_or("", |node| self.read(node.key))
    }

    #[inline(never)]
    pub(super) fn text(&self, id: u32) -> &str {
        self.node(id).map_or("", |node| self.read(node.text))
    }

    #[inline(never)]
    pub(super) fn first(&self, id: u32) -> u32 {
        self.node(id).filter(|node| node.shape & HAS_CHILDREN != 0).map_or(NONE, |_| id + 1)
    }

    #[inline(never)]
    pub(super) fn string(&self, id: u32) -> Option<&str> {
        let node = self.node(id).filter(|node| node.shape() == Shape::String)?;
        Some(self.read(node.text))
    }

    #[inline(never)]
    pub(super) fn next(&self, id: u32) -> Option<u32> {
        self.node(id).map(|node| link(node.next))
    }

    /// The node above another, looked for from the root down: only findings ask for it.
    pub(super) fn parent(&self, id: u32) -> u32 {
        let (mut parent, mut child) = (0, self.first(0));
        while child != NONE {
            let next = self.next(child).unwrap_or(NONE);
            if child == id {
                return parent;
            } else if next <= id {
                child = next;
            } else {
                (parent, child) = (child, self.first(child));
            }
        }
        NONE
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.nodes) + self.text.len()
    }
}

fn link(next: u16) -> u32 {
    if next == 0 { NONE } else { u32::from(next) }
}

/// The text at a place of others.
fn read(texts: &str, start: usize) -> &str {
    let bytes = texts.as_bytes();
    let bits = |at: usize| usize::from(bytes.get(start + at).copied().unwrap_or_default());
    let (start, len) = match bits(0) {
        len if len < usize::from(LONG) => (start + 1, len),
        _ => (start + 4, bits(1) << 14 | bits(2) << 7 | bits(3)),
    };
    texts.get(start..start + len).unwrap_or_default()
}

#[derive(Default)]
struct Packer {
    nodes: Vec<Small>,
    text: String,
    /// Places of texts, to find one that is written again.
    places: Vec<u16>,
}

impl Packer {
    /// A reference to a text.
    fn text(&mut self, text: &str) -> Option<u16> {
        if let Some(word) = words::number(text) {
            return Some(word);
        }
        let mut compared = self.places.iter().rev().take(COMPARED);
        let place = match compared.find(|place| read(&self.text, usize::from(**place)) == text) {
            Some(place) => *place,
            None => self.write(text)?,
        };
        place.checked_add(WORDS)
    }

    fn write(&mut self, text: &str) -> Option<u16> {
        let place = u16::try_from(self.text.len()).ok()?;
        let len = u16::try_from(text.len()).ok()?;
        match u8::try_from(len) {
            Ok(short) if short < LONG => self.text.push(char::from(short)),
            _ => {
                let bits = [LONG.into(), len >> 14, len >> 7 & 0x7f, len & 0x7f];
                self.text.extend(bits.into_iter().filter_map(|bits| char::from_u32(bits.into())));
            }
        }
        self.text.push_str(text);
        self.places.push(place);
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use crate::decode::json;
    use crate::model::Node;
    use crate::model::document::{Builder, Document, Form, Shape, Span};

    fn is_packed(document: &Document) -> bool {
        matches!(document.form, Form::Packed(_))
    }

    /// Every value below `node`, with its path from the root.
    fn values(node: Node<'_>, root: Node<'_>, all: &mut Vec<(String, Option<Shape>, String)>) {
        all.push((node.path_from(root).as_str().to_owned(), node.shape(), node.text().to_owned()));
        node.children()
            .chain([node.embedded()])
            .filter(|n| !n.is_absent())
            .for_each(|n| values(n, root, all));
    }

    fn of(document: &Document) -> Vec<(String, Option<Shape>, String)> {
        let mut all = Vec::new();
        values(Node::root(document), Node::root(document), &mut all);
        all
    }

    fn packed(text: &str) -> Document {
        let document = json::parse(text).unwrap();
        let mut packed = document.clone();
        packed.pack();
        assert!(is_packed(&packed) && !is_packed(&document));
        assert_eq!(of(&packed), of(&document), "{text}");
        assert_eq!(of(&packed.extract_expanded(0)), of(&document), "{text}");
        assert!(packed.heap_bytes() < document.heap_bytes());
        packed
    }

    #[test]
    fn a_packed_document_says_the_same() {
        for text in
            ["{}", "[]", "null", "\"\"", "\"é\"", r#"{"":"","a":[[],{},[1,[2,-3.5]],{"b":{"c":null}},true]}"#]
        {
            packed(text);
        }
        for len in [1, 126, 127, 128, 255, 256, 16383, 16384, 60_000] {
            packed(&format!(
                r#"{{"metadata":{{"annotations":{{"long":"{}"}}}},"after":"é"}}"#,
                "x".repeat(len)
            ));
        }
        let twice = packed(r#"{"a":"first","a":"last","kind":"Service","metadata":{"name":"last"}}"#);
        assert_eq!(Node::root(&twice).at("a").text(), "last");
        assert_eq!(Node::root(&twice).at("metadata").at("name").text(), "last");
    }

    #[test]
    fn what_is_too_large_stays_as_it_is() {
        let many = format!("[{}0]", "0,".repeat(65_535));
        let long = format!(r#"["{}"]"#, "x".repeat(65_536));
        let far = format!(r#"["{}","after"]"#, "x".repeat(65_300));
        for text in [many, long, far] {
            let mut document = json::parse(&text).unwrap();
            let before = document.clone();
            document.pack();
            assert!(!is_packed(&document));
            assert!(Node::root(&document).same_as(Node::root(&before)));
        }
    }

    #[test]
    fn a_packed_document_can_be_added_to() {
        let mut document = json::parse(r#"{"data":{"list":"[1]"}}"#).unwrap();
        document.pack();
        let string = Node::root(&document).at("data").at("list").id();
        let mut builder = Builder::embed(document, string);
        builder.open(Shape::List, Span::default());
        builder.scalar(Shape::Number, "1", Span::default());
        builder.close();
        let mut document = builder.finish();
        for _ in 0..2 {
            let list = Node::root(&document).at("data").at("list");
            let item = list.embedded().items().next().unwrap();
            assert_eq!((item.text(), item.path_from(Node::root(&document)).as_str()), ("1", "data.list[0]"));
            document.pack();
        }
        assert!(is_packed(&document));
    }
}
