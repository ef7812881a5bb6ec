//! One decoded document as a flat table of nodes: the single document model behind every door.
//!
//! While it is read a node is 32 bytes, its key and text are ranges of one shared string, so a document costs a
//! handful of allocations whatever its size. The [`Builder`] is filled in one pass by `decode`. A document that is
//! kept is packed: see [`Document::pack`].

mod builder;
mod merge;
mod packed;
mod words;

pub use builder::Builder;

use packed::Packed;

/// What a node holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `null`, or a YAML value that is empty.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number, kept as its text.
    Number,
    /// A string. Its children, if any, are the JSON document decoded from its text.
    String,
    /// A list.
    List,
    /// A map.
    Map,
    /// A subtree nested too deeply to keep; neither a value nor a container.
    Deep,
}

/// Where a value stands in its file: 1-based lines and columns (Unicode code points), end exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Line of the first character.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// Column after the last character.
    pub end_column: u32,
}

/// Index that stands for "no node".
pub(crate) const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, Default)]
struct Slice {
    start: u32,
    len: u32,
}

#[derive(Clone, Copy, Debug)]
struct Data {
    key: Slice,
    text: Slice,
    shape: Shape,
    /// The last byte of the key, by which most keys of one length are told apart.
    key_end: u8,
    parent: u32,
    first: u32,
    next: u32,
}

/// A decoded document: a table of nodes and the text they point into.
#[derive(Clone, Debug, Default)]
pub struct Document {
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    /// As it was read.
    Table(Table),
    Packed(Packed),
}

impl Default for Form {
    fn default() -> Self {
        Self::Packed(Packed::default())
    }
}

/// A document as a [`Builder`] makes it.
#[derive(Clone, Debug, Default)]
struct Table {
    text: String,
    nodes: Vec<Data>,
    spans: Vec<Span>,
}

impl Table {
    #[inline]
    fn data(&self, id: u32) -> Option<&Data> {
        self.nodes.get(id as usize)
    }

    #[inline]
    fn slice(&self, slice: Slice) -> &str {
        let start = slice.start as usize;
        self.text.get(start..start + slice.len as usize).unwrap_or_default()
    }

    #[inline]
    fn key(&self, data: &Data) -> &str {
        self.slice(data.key)
    }

    /// Whether `data` stands under `key`. Most keys differ in length or in their last byte, which costs little to see.
    #[inline]
    fn has_key(&self, data: &Data, key: &str) -> bool {
        data.key.len as usize == key.len()
            && key.as_bytes().last().is_none_or(|end| *end == data.key_end)
            && self.bytes(data.key) == key.as_bytes()
    }

    #[inline]
    fn bytes(&self, slice: Slice) -> &[u8] {
        let start = slice.start as usize;
        self.text.as_bytes().get(start..start + slice.len as usize).unwrap_or_default()
    }

    fn span(&self, id: u32) -> Option<Span> {
        self.spans.get(id as usize).copied()
    }

    /// The first entry of a map.
    #[inline]
    fn first_entry(&self, map: u32) -> u32 {
        self.data(map).filter(|data| data.shape == Shape::Map).map_or(NONE, |data| data.first)
    }

    fn entry(&self, map: u32, key: &str) -> u32 {
        let mut found = NONE;
        let mut next = self.first_entry(map);
        while let Some(data) = self.data(next) {
            if self.has_key(data, key) {
                found = next;
            }
            next = data.next;
        }
        found
    }

    fn entries<const N: usize>(&self, map: u32, keys: [&str; N]) -> [u32; N] {
        let mut found = [NONE; N];
        let mut next = self.first_entry(map);
        while let Some(data) = self.data(next) {
            for (found, key) in found.iter_mut().zip(keys) {
                if self.has_key(data, key) {
                    *found = next;
                }
            }
            next = data.next;
        }
        found
    }

    fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.nodes.shrink_to_fit();
        self.spans.shrink_to_fit();
    }
}

impl Document {
    /// The entry of a map under `key`; the last one where it is written twice.
    #[inline]
    pub(crate) fn entry(&self, map: u32, key: &str) -> u32 {
        match &self.form {
            Form::Table(table) => table.entry(map, key),
            Form::Packed(packed) => packed.entry(map, key),
        }
    }

    /// Several entries of a map, in one pass.
    #[inline]
    pub(crate) fn entries<const N: usize>(&self, map: u32, keys: [&str; N]) -> [u32; N] {
        match &self.form {
            Form::Table(table) => table.entries(map, keys),
            Form::Packed(packed) => packed.entries(map, keys),
        }
    }

    /// What a node is; `None` where there is none.
    #[inline]
    pub(crate) fn shape(&self, id: u32) -> Option<Shape> {
        match &self.form {
            Form::Table(table) => table.data(id).map(|data| data.shape),
            Form::Packed(packed) => packed.shape(id),
        }
    }

    /// The key under which a map holds a node; empty for list items.
    #[inline]
    pub(crate) fn key(&self, id: u32) -> &str {
        match &self.form {
            Form::Table(table) => table.data(id).map_or("", |data| table.key(data)),
            Form::Packed(packed) => packed.key(id),
        }
    }

    /// The text of a scalar.
    #[inline]
    pub(crate) fn text(&self, id: u32) -> &str {
        match &self.form {
            Form::Table(table) => table.data(id).map_or("", |data| table.slice(data.text)),
            Form::Packed(packed) => packed.text(id),
        }
    }

    /// The text of a string; `None` of anything else.
    #[inline]
    pub(crate) fn string(&self, id: u32) -> Option<&str> {
        match &self.form {
            Form::Table(table) => {
                let data = table.data(id).filter(|data| data.shape == Shape::String)?;
                Some(table.slice(data.text))
            }
            Form::Packed(packed) => packed.string(id),
        }
    }

    /// The first node below another.
    #[inline]
    pub(crate) fn first(&self, id: u32) -> u32 {
        match &self.form {
            Form::Table(table) => table.data(id).map_or(NONE, |data| data.first),
            Form::Packed(packed) => packed.first(id),
        }
    }

    /// The node after another, below the same one; `None` where there is not even the other.
    #[inline]
    pub(crate) fn next(&self, id: u32) -> Option<u32> {
        match &self.form {
            Form::Table(table) => table.data(id).map(|data| data.next),
            Form::Packed(packed) => packed.next(id),
        }
    }

    /// The node above another.
    pub(crate) fn parent(&self, id: u32) -> u32 {
        match &self.form {
            Form::Table(table) => table.data(id).map_or(NONE, |data| data.parent),
            Form::Packed(packed) => packed.parent(id),
        }
    }

    /// Where a node stands in its file, when it came from one.
    pub(crate) fn span(&self, id: u32) -> Option<Span> {
        match &self.form {
            Form::Table(table) => table.span(id),
            Form::Packed(_) => None,
        }
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        match &self.form {
            Form::Table(table) => table.nodes.len(),
            Form::Packed(packed) => packed.len(),
        }
    }

    /// Whether nothing was decoded.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes this document holds on the heap.
    pub fn heap_bytes(&self) -> usize {
        match &self.form {
            Form::Table(table) => {
                table.text.capacity()
                    + table.nodes.capacity() * size_of::<Data>()
                    + table.spans.capacity() * size_of::<Span>()
            }
            Form::Packed(packed) => packed.heap_bytes(),
        }
    }

    /// A document of its own that holds the subtree at `id`.
    pub(crate) fn extract(&self, id: u32) -> Self {
        Builder::of(self).extracted(self, id, false)
    }

    /// The same, with the JSON that was decoded from its strings.
    pub(crate) fn extract_expanded(&self, id: u32) -> Self {
        Builder::of(self).extracted(self, id, true)
    }

    /// Whether its nodes have places in a file.
    fn is_located(&self) -> bool {
        matches!(&self.form, Form::Table(table) if !table.spans.is_empty())
    }

    /// As a table, so that more can be added.
    fn into_table(self) -> Table {
        match self.form {
            Form::Table(table) => table,
            Form::Packed(_) => match self.extract_expanded(0).form {
                Form::Table(table) => table,
                Form::Packed(_) => Table::default(),
            },
        }
    }

    /// Makes a document small that is kept with very many others: 8 bytes for a node, common words not at all. One
    /// with places in a file, or that is very large, stays a table.
    pub fn pack(&mut self) {
        if let Form::Table(table) = &self.form
            && let Some(packed) = Packed::of(table)
        {
            self.form = Form::Packed(packed);
        }
        self.shrink();
    }

    /// Gives back what was reserved in excess, for documents that are kept.
    pub fn shrink(&mut self) {
        if let Form::Table(table) = &mut self.form {
            table.shrink();
        }
    }
}
