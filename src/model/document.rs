//! One decoded document as a flat table of nodes: the single document model behind every door.
//!
//! A node is 32 bytes, its key and text are ranges of one shared string, so a document costs a handful of
//! allocations whatever its size. The builder is filled in one pass by `decode`.

mod merge;

use std::ops::Range;

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
pub(crate) struct Data {
    key: Slice,
    text: Slice,
    pub(crate) shape: Shape,
    pub(crate) parent: u32,
    pub(crate) first: u32,
    pub(crate) next: u32,
}

/// A decoded document: a table of nodes and the text they point into.
#[derive(Clone, Debug, Default)]
pub struct Document {
    text: String,
    nodes: Vec<Data>,
    spans: Vec<Span>,
}

impl Document {
    pub(crate) fn data(&self, id: u32) -> Option<&Data> {
        self.nodes.get(id as usize)
    }

    fn slice(&self, slice: Slice) -> &str {
        let start = slice.start as usize;
        self.text.get(start..start + slice.len as usize).unwrap_or_default()
    }

    pub(crate) fn key(&self, data: &Data) -> &str {
        self.slice(data.key)
    }

    /// Whether `data` stands under `key`. Most keys differ in length, which costs nothing to see.
    pub(crate) fn has_key(&self, data: &Data, key: &str) -> bool {
        data.key.len as usize == key.len() && self.key(data) == key
    }

    pub(crate) fn text(&self, data: &Data) -> &str {
        self.slice(data.text)
    }

    pub(crate) fn span(&self, id: u32) -> Option<Span> {
        self.spans.get(id as usize).copied()
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether nothing was decoded.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Bytes this document holds on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.text.capacity()
            + self.nodes.capacity() * size_of::<Data>()
            + self.spans.capacity() * size_of::<Span>()
    }

    /// A document of its own that holds the subtree at `id`.
    pub(crate) fn extract(&self, id: u32) -> Self {
        let mut builder = Builder { located: !self.spans.is_empty(), ..Builder::default() };
        self.extract_to(id, &mut builder, false);
        builder.finish()
    }

    /// The same, with the JSON that was decoded from its strings.
    pub(crate) fn extract_expanded(&self, id: u32) -> Self {
        let mut builder = Builder { located: !self.spans.is_empty(), ..Builder::default() };
        self.extract_to(id, &mut builder, true);
        builder.finish()
    }

    fn extract_to(&self, root: u32, builder: &mut Builder, expanded: bool) {
        // the pairs still to visit: a node to add, or a container to close
        let mut open = vec![(root, false)];
        while let Some((id, close)) = open.pop() {
            let Some(data) = self.nodes.get(id as usize) else {
                continue;
            };
            if close {
                builder.close();
                continue;
            }
            if id != root && data.next != NONE {
                open.push((data.next, false));
            }
            if id != root && !self.key(data).is_empty() {
                builder.key(self.key(data));
            }
            let span = self.span(id).unwrap_or_default();
            if matches!(data.shape, Shape::List | Shape::Map) {
                builder.open(data.shape, span);
                open.push((id, true));
                open.push((data.first, false));
            } else {
                let string = builder.scalar(data.shape, self.text(data), span);
                if expanded && data.first != NONE {
                    builder.open.push((string, NONE));
                    open.push((id, true));
                    open.push((data.first, false));
                }
            }
        }
    }

    /// Gives back what was reserved in excess, for documents that are kept.
    pub fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.nodes.shrink_to_fit();
        self.spans.shrink_to_fit();
    }
}

/// Fills a [`Document`], one event at a time.
#[derive(Debug, Default)]
pub struct Builder {
    document: Document,
    open: Vec<(u32, u32)>,
    key: Slice,
    /// Whether spans are recorded; they are all or nothing for a document.
    located: bool,
    /// Whether what hardly a rule reads is wanted as well.
    whole: bool,
    /// The addresses of the text that the document's own text is a copy of.
    source: Range<usize>,
}

impl Builder {
    /// A builder for a document that is short-lived: it holds all of `source`, so that keys and texts borrowed from
    /// there need not be copied one by one.
    pub fn over(source: &str) -> Self {
        let start = source.as_ptr().addr();
        // with room for what cannot be borrowed: numbers, and strings with escapes
        let mut text = String::with_capacity(source.len() + 128);
        text.push_str(source);
        let document = Document {
            text,
            // a manifest has about one node for every 24 bytes
            nodes: Vec::with_capacity(source.len() / 24 + 8),
            spans: Vec::new(),
        };
        Self { document, source: start..start + source.len(), ..Self::default() }
    }

    /// A builder that records a [`Span`] for every node.
    pub fn located() -> Self {
        Self { located: true, ..Self::default() }
    }

    /// A builder that is given what hardly a rule reads as well.
    pub fn whole() -> Self {
        Self { whole: true, ..Self::default() }
    }

    /// Whether what hardly a rule reads is wanted as well.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Continues a finished document below `parent`, which must be a string: its text was JSON.
    pub(crate) fn embed(document: Document, parent: u32) -> Self {
        let located = !document.spans.is_empty();
        Self { document, open: vec![(parent, NONE)], located, ..Self::default() }
    }

    /// Adds entries to the map that is the root of a finished document.
    pub(crate) fn with_entries(document: Document, entries: &[(&str, &str)]) -> Document {
        let located = !document.spans.is_empty();
        let mut builder = Self { document, located, ..Self::default() };
        let last = builder.children(0).last().copied().unwrap_or(NONE);
        builder.open.push((0, last));
        for (key, text) in entries {
            builder.key(key);
            builder.scalar(Shape::String, text, Span::default());
        }
        builder.finish()
    }

    /// The place of a text that was borrowed from the source, or, of any other, that of its copy.
    fn borrowed(&mut self, text: &str) -> Slice {
        let at = text.as_ptr().addr();
        if !self.source.contains(&at) {
            return self.push_text(text);
        }
        let start = u32::try_from(at - self.source.start).unwrap_or(NONE);
        Slice { start, len: u32::try_from(text.len()).unwrap_or(0) }
    }

    fn push_text(&mut self, text: &str) -> Slice {
        let start = u32::try_from(self.document.text.len()).unwrap_or(NONE);
        let len = u32::try_from(text.len()).unwrap_or(0);
        self.document.text.push_str(text);
        Slice { start, len }
    }

    /// Sets the key of the next node.
    pub fn key(&mut self, key: &str) {
        self.key = self.push_text(key);
    }

    /// The same, for a key borrowed from what the builder is [`Builder::over`].
    pub fn borrowed_key(&mut self, key: &str) {
        self.key = self.borrowed(key);
    }

    /// The key of the innermost open container; empty at the root and in lists.
    pub fn open_key(&self) -> &str {
        let data = self.open.last().and_then(|(id, _)| self.document.data(*id));
        data.map_or("", |data| self.document.key(data))
    }

    fn push(&mut self, shape: Shape, text: Slice, span: Span) -> u32 {
        let id = u32::try_from(self.document.nodes.len()).unwrap_or(NONE);
        let key = std::mem::take(&mut self.key);
        let parent = self.open.last().map_or(NONE, |(parent, _)| *parent);
        self.document.nodes.push(Data { key, text, shape, parent, first: NONE, next: NONE });
        if self.located {
            self.document.spans.push(span);
        }
        if let Some((parent, last)) = self.open.last_mut() {
            let previous = std::mem::replace(last, id);
            let link = if previous == NONE { *parent } else { previous };
            if let Some(data) = self.document.nodes.get_mut(link as usize) {
                if previous == NONE {
                    data.first = id;
                } else {
                    data.next = id;
                }
            }
        }
        id
    }

    /// Adds a scalar.
    pub fn scalar(&mut self, shape: Shape, text: &str, span: Span) -> u32 {
        let text = self.push_text(text);
        self.push(shape, text, span)
    }

    /// Adds a string borrowed from what the builder is [`Builder::over`].
    pub fn borrowed_string(&mut self, text: &str) {
        let text = self.borrowed(text);
        self.push(Shape::String, text, Span::default());
    }

    /// Adds a number by what it prints as.
    pub fn number(&mut self, number: std::fmt::Arguments<'_>) -> u32 {
        use std::fmt::Write;
        let start = self.document.text.len();
        let _ = self.document.text.write_fmt(number);
        let len = u32::try_from(self.document.text.len() - start).unwrap_or(0);
        let text = Slice { start: u32::try_from(start).unwrap_or(NONE), len };
        self.push(Shape::Number, text, Span::default())
    }

    /// Adds a copy of the finished nodes `from..until`, a subtree of this document, under the key set last.
    pub(crate) fn copy(&mut self, from: u32, until: u32) -> u32 {
        let Some(root) = self.document.nodes.get(from as usize).copied() else {
            return NONE;
        };
        let span = self.document.span(from).unwrap_or_default();
        let id = self.push(root.shape, root.text, span);
        let delta = id - from;
        let shift = |link: u32| if link == NONE { NONE } else { link + delta };
        for old in from + 1..until {
            let Some(data) = self.document.nodes.get(old as usize).copied() else {
                break;
            };
            let (parent, first, next) = (data.parent + delta, shift(data.first), shift(data.next));
            self.document.nodes.push(Data { parent, first, next, ..data });
            if self.located {
                let span = self.document.span(old).unwrap_or_default();
                self.document.spans.push(span);
            }
        }
        if let Some(data) = self.document.nodes.get_mut(id as usize) {
            data.first = shift(root.first);
        }
        id
    }

    /// Opens a list or map; everything until [`Builder::close`] is inside it.
    pub fn open(&mut self, shape: Shape, span: Span) -> u32 {
        let id = self.push(shape, Slice::default(), span);
        self.open.push((id, NONE));
        id
    }

    /// Closes the innermost open list or map.
    pub fn close(&mut self) {
        self.open.pop();
    }

    /// Sets where the container `id` ends, once that is known.
    pub fn end_at(&mut self, id: u32, line: u32, column: u32) {
        if let Some(span) = self.document.spans.get_mut(id as usize) {
            span.end_line = line;
            span.end_column = column;
        }
    }

    /// Places the nodes from `mark` on: at `places`, in order, or all at `whole` where their number differs.
    pub(crate) fn place(&mut self, mark: usize, whole: Span, places: &[Span]) {
        let spans = self.document.spans.get_mut(mark..).unwrap_or_default();
        let exact = spans.len() == places.len();
        for (index, span) in spans.iter_mut().enumerate() {
            *span = places.get(index).copied().filter(|_| exact).unwrap_or(whole);
        }
    }

    /// Forgets the nodes from `mark` on; used when an embedded document turns out to be broken.
    pub(crate) fn rewind(&mut self, mark: usize) {
        self.document.nodes.truncate(mark);
        if self.located {
            self.document.spans.truncate(mark);
        }
        let parents: Vec<u32> = self.open.iter().map(|(id, _)| *id).collect();
        for id in parents {
            if let Some(data) = self.document.nodes.get_mut(id as usize)
                && data.first as usize >= mark
            {
                data.first = NONE;
            }
        }
    }

    /// Number of nodes so far.
    pub fn len(&self) -> usize {
        self.document.nodes.len()
    }

    /// Whether nothing was added yet.
    pub fn is_empty(&self) -> bool {
        self.document.nodes.is_empty()
    }

    /// The finished document.
    pub fn finish(self) -> Document {
        self.document
    }
}
