//! Filling a document.

use std::ops::Range;

use super::{Data, Document, Form, NONE, Shape, Slice, Span, Table};

/// Fills a [`Document`], one event at a time.
#[derive(Debug, Default)]
pub struct Builder {
    pub(super) table: Table,
    pub(super) open: Vec<(u32, u32)>,
    pub(super) key: Slice,
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
        let table = Table {
            text,
            // a manifest has about one node for every 24 bytes
            nodes: Vec::with_capacity(source.len() / 24 + 8),
            spans: Vec::new(),
        };
        Self { table, source: start..start + source.len(), ..Self::default() }
    }

    /// A builder that records a [`Span`] for every node.
    pub fn located() -> Self {
        Self { located: true, ..Self::default() }
    }

    /// A builder for a part of `document`, or for all of it.
    pub(super) fn of(document: &Document) -> Self {
        Self { located: document.is_located(), ..Self::default() }
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
        let located = document.is_located();
        Self { table: document.into_table(), open: vec![(parent, NONE)], located, ..Self::default() }
    }

    /// The subtree at `root` of `document`; if `expanded`, with the JSON that was decoded from its strings.
    pub(super) fn extracted(mut self, document: &Document, root: u32, expanded: bool) -> Document {
        // the pairs still to visit: a node to add, or a container to close
        let mut open = vec![(root, false)];
        while let Some((id, close)) = open.pop() {
            let Some(shape) = document.shape(id) else { continue };
            if close {
                self.close();
                continue;
            }
            let (first, next, key) =
                (document.first(id), document.next(id).unwrap_or(NONE), document.key(id));
            if id != root && next != NONE {
                open.push((next, false));
            }
            if id != root && !key.is_empty() {
                self.key(key);
            }
            let span = document.span(id).unwrap_or_default();
            if matches!(shape, Shape::List | Shape::Map) {
                self.open(shape, span);
                open.push((id, true));
                open.push((first, false));
            } else {
                let string = self.scalar(shape, document.text(id), span);
                if expanded && first != NONE {
                    self.open.push((string, NONE));
                    open.push((id, true));
                    open.push((first, false));
                }
            }
        }
        self.finish()
    }

    /// Adds entries to the map that is the root of a finished document.
    pub(crate) fn with_entries(document: Document, entries: &[(&str, &str)]) -> Document {
        let located = document.is_located();
        let mut builder = Self { table: document.into_table(), located, ..Self::default() };
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
        let start = u32::try_from(self.table.text.len()).unwrap_or(NONE);
        let len = u32::try_from(text.len()).unwrap_or(0);
        self.table.text.push_str(text);
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
        let data = self.open.last().and_then(|(id, _)| self.table.data(*id));
        data.map_or("", |data| self.table.key(data))
    }

    fn push(&mut self, shape: Shape, text: Slice, span: Span) -> u32 {
        let id = u32::try_from(self.table.nodes.len()).unwrap_or(NONE);
        let key = std::mem::take(&mut self.key);
        let parent = self.open.last().map_or(NONE, |(parent, _)| *parent);
        let key_end = self.table.bytes(key).last().copied().unwrap_or_default();
        self.table.nodes.push(Data { key, text, shape, key_end, parent, first: NONE, next: NONE });
        if self.located {
            self.table.spans.push(span);
        }
        if let Some((parent, last)) = self.open.last_mut() {
            let previous = std::mem::replace(last, id);
            let link = if previous == NONE { *parent } else { previous };
            if let Some(data) = self.table.nodes.get_mut(link as usize) {
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
        let start = self.table.text.len();
        let _ = self.table.text.write_fmt(number);
        let len = u32::try_from(self.table.text.len() - start).unwrap_or(0);
        let text = Slice { start: u32::try_from(start).unwrap_or(NONE), len };
        self.push(Shape::Number, text, Span::default())
    }

    /// Adds a copy of the finished nodes `from..until`, a subtree of this document, under the key set last.
    pub(crate) fn copy(&mut self, from: u32, until: u32) -> u32 {
        let Some(root) = self.table.nodes.get(from as usize).copied() else {
            return NONE;
        };
        let span = self.table.span(from).unwrap_or_default();
        let id = self.push(root.shape, root.text, span);
        let delta = id - from;
        let shift = |link: u32| if link == NONE { NONE } else { link + delta };
        for old in from + 1..until {
            let Some(data) = self.table.nodes.get(old as usize).copied() else {
                break;
            };
            let (parent, first, next) = (data.parent + delta, shift(data.first), shift(data.next));
            self.table.nodes.push(Data { parent, first, next, ..data });
            if self.located {
                let span = self.table.span(old).unwrap_or_default();
                self.table.spans.push(span);
            }
        }
        if let Some(data) = self.table.nodes.get_mut(id as usize) {
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
        if let Some(span) = self.table.spans.get_mut(id as usize) {
            span.end_line = line;
            span.end_column = column;
        }
    }

    /// Places the nodes from `mark` on: at `places`, in order, or all at `whole` where their number differs.
    pub(crate) fn place(&mut self, mark: usize, whole: Span, places: &[Span]) {
        let spans = self.table.spans.get_mut(mark..).unwrap_or_default();
        let exact = spans.len() == places.len();
        for (index, span) in spans.iter_mut().enumerate() {
            *span = places.get(index).copied().filter(|_| exact).unwrap_or(whole);
        }
    }

    /// Forgets the nodes from `mark` on; used when an embedded document turns out to be broken.
    pub(crate) fn rewind(&mut self, mark: usize) {
        self.table.nodes.truncate(mark);
        if self.located {
            self.table.spans.truncate(mark);
        }
        let parents: Vec<u32> = self.open.iter().map(|(id, _)| *id).collect();
        for id in parents {
            if let Some(data) = self.table.nodes.get_mut(id as usize)
                && data.first as usize >= mark
            {
                data.first = NONE;
            }
        }
    }

    /// Number of nodes so far.
    pub fn len(&self) -> usize {
        self.table.nodes.len()
    }

    /// Whether nothing was added yet.
    pub fn is_empty(&self) -> bool {
        self.table.nodes.is_empty()
    }

    /// The finished document.
    pub fn finish(self) -> Document {
        Document { form: Form::Table(self.table) }
    }
}
