//! Writes one document in many styles of YAML, and knows where a marked scalar ends up.

/// What is written before and after the marked scalar, and taken out again.
const MARKS: [char; 2] = ['\u{e000}', '\u{e001}'];

/// A document to write.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Text(String),
    /// The scalar whose place is wanted.
    Marked(String),
    /// JSON inside a string, in which the place is marked.
    Json(String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
    /// What an alias names.
    Anchored(Box<Tree>),
}

/// The alias that stands for it.
const ALIAS: &str = "*there";

/// A JSON value inside [`Tree::Json`], marked.
pub(crate) fn marked(value: &str) -> String {
    format!("{}{value}{}", MARKS[0], MARKS[1])
}

/// What was written, and the place of the marked scalar: line, column, end line, end column.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) place: (usize, usize, usize, usize),
}

/// Makes choices of style from a tape of bytes; a tape that has run out chooses the plainest.
pub(crate) struct Writer<'a> {
    tape: std::slice::Iter<'a, u8>,
    text: String,
    line_end: &'static str,
    step: usize,
}

/// Moves the marked scalar to an entry at the top, and leaves an alias in its place.
fn anchor(tree: &mut Tree) {
    fn take(tree: &mut Tree) -> Option<Tree> {
        match tree {
            Tree::Marked(_) => Some(std::mem::replace(tree, Tree::Text(ALIAS.to_owned()))),
            Tree::List(items) => items.iter_mut().find_map(take),
            Tree::Map(entries) => entries.iter_mut().find_map(|(_, value)| take(value)),
            _ => None,
        }
    }
    let found = take(tree);
    name(tree, found);
}

/// Moves the entry with the marked scalar into a map at the top, which is merged in where it was.
fn merge(tree: &mut Tree) {
    fn is_marked(value: &Tree) -> bool {
        match value {
            Tree::List(items) => items.iter().any(is_marked),
            value => matches!(value, Tree::Marked(_)),
        }
    }
    fn take(tree: &mut Tree) -> Option<Tree> {
        let Tree::Map(entries) = tree else { return None };
        if let Some(index) = entries.iter().position(|(_, value)| is_marked(value)) {
            let merged = ("<<".to_owned(), Tree::Text(ALIAS.to_owned()));
            return Some(Tree::Map(vec![std::mem::replace(&mut entries[index], merged)]));
        }
        entries.iter_mut().find_map(|(_, value)| take(value))
    }
    let found = take(tree);
    name(tree, found);
}

fn name(tree: &mut Tree, found: Option<Tree>) {
    if let (Tree::Map(entries), Some(found)) = (tree, found) {
        entries.insert(0, ("x-there".to_owned(), Tree::Anchored(Box::new(found))));
    }
}

impl<'a> Writer<'a> {
    /// Writes `tree`, perhaps behind other documents.
    pub(crate) fn write(tape: &'a [u8], tree: &Tree) -> Written {
        let mut writer = Self { tape: tape.iter(), text: String::new(), line_end: "\n", step: 2 };
        writer.line_end = if writer.one_in(4) { "\r\n" } else { "\n" };
        writer.step = 1 + writer.choose(4).max(1);
        if writer.one_in(4) {
            writer.text.push('\u{feff}');
        }
        if writer.one_in(3) {
            writer.line("# ü: a comment [");
            writer.line("kind: Namespace");
            writer.line("---");
        }
        let mut tree = tree.clone();
        match writer.choose(5) {
            3 => anchor(&mut tree),
            4 => merge(&mut tree),
            _ => {}
        }
        if writer.one_in(3) {
            let text = |text: &str| Tree::Text(text.to_owned());
            let head =
                [("apiVersion", text("v1")), ("kind", text("List")), ("items", Tree::List(vec![tree]))];
            tree = Tree::Map(head.map(|(key, value)| (key.to_owned(), value)).into());
        }
        match &tree {
            Tree::Map(entries) if !writer.one_in(4) => writer.entries(entries, 0, false),
            tree => {
                writer.flow(tree);
                writer.end_line();
            }
        }
        writer.found()
    }

    fn choose(&mut self, count: usize) -> usize {
        usize::from(self.tape.next().copied().unwrap_or(0)) % count
    }

    /// Whether to do what a plain document does not.
    fn one_in(&mut self, count: usize) -> bool {
        self.choose(count) == count - 1
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push_str(self.line_end);
    }

    /// Ends a line, perhaps with a comment, blank lines, or comments of their own.
    fn end_line(&mut self) {
        if self.one_in(4) {
            self.text.push_str("  # IPv6: 'ü");
        }
        self.line("");
        if self.one_in(6) {
            self.line("");
        }
        if self.one_in(6) {
            self.line("       # [IPv6]");
        }
    }

    fn indent(&mut self, depth: usize) {
        self.text.push_str(&" ".repeat(depth));
    }

    fn entries(&mut self, entries: &[(String, Tree)], depth: usize, first_is_placed: bool) {
        for (index, (key, value)) in entries.iter().enumerate() {
            if index > 0 || !first_is_placed {
                self.indent(depth);
            }
            self.key(key);
            self.text.push(':');
            self.value(value, depth);
        }
    }

    /// Writes a value behind `key:` or `-`, up to the end of its last line.
    fn value(&mut self, value: &Tree, depth: usize) {
        match value {
            Tree::Anchored(inner) => {
                self.text.push_str(" &there");
                self.value(inner, depth);
            }
            Tree::Marked(text) if self.one_in(6) => self.block(text, depth + self.step),
            Tree::Json(json) if self.one_in(3) => self.literal(json, depth + self.step),
            Tree::List(items) if !items.is_empty() && !self.one_in(3) => {
                self.end_line();
                let depth = if self.one_in(2) { depth } else { depth + self.step };
                for item in items {
                    self.indent(depth);
                    self.text.push('-');
                    match item {
                        Tree::Map(entries) if !self.one_in(3) => {
                            self.text.push_str("   ");
                            self.entries(entries, depth + 4, true);
                        }
                        item => self.value(item, depth),
                    }
                }
            }
            Tree::Map(entries) if !entries.is_empty() && !self.one_in(3) => {
                self.end_line();
                self.entries(entries, depth + self.step, false);
            }
            value => {
                let gap = 1 + self.choose(3);
                self.indent(gap);
                self.flow(value);
                self.end_line();
            }
        }
    }

    /// A scalar as a block of one line.
    fn block(&mut self, text: &str, depth: usize) {
        let header = [">-", "|-"][self.choose(2)];
        self.line(&format!(" {header}"));
        self.indent(depth);
        self.line(&marked(text));
    }

    /// JSON in a literal block, its lines as they are.
    fn literal(&mut self, json: &str, depth: usize) {
        let header = ["|", "|-", "|+"][self.choose(3)];
        self.line(&format!(" {header}"));
        let broken = json.replace(',', ",\n").replace('[', "[\n  ");
        for line in broken.lines() {
            self.indent(depth);
            self.line(line);
        }
    }

    fn flow(&mut self, value: &Tree) {
        match value {
            Tree::Text(text) => self.scalar(text),
            Tree::Json(text) => self.quoted(text),
            Tree::Marked(text) => {
                self.text.push(MARKS[0]);
                self.scalar(text);
                self.text.push(MARKS[1]);
            }
            Tree::Anchored(inner) => {
                self.text.push_str("&there ");
                self.flow(inner);
            }
            Tree::List(items) => self.between(['[', ']'], items, Self::flow),
            Tree::Map(entries) => self.between(['{', '}'], entries, |writer, (key, value)| {
                writer.key(key);
                writer.text.push_str(": ");
                writer.flow(value);
            }),
        }
    }

    fn between<T>(&mut self, brackets: [char; 2], items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.text.push(brackets[0]);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            match self.choose(6) {
                4 => self.text.push_str("  "),
                // deep enough for whatever is around it
                5 => {
                    self.line("");
                    self.indent(40);
                }
                _ if index > 0 => self.text.push(' '),
                _ => {}
            }
            write(self, item);
        }
        self.text.push(brackets[1]);
    }

    fn key(&mut self, key: &str) {
        match self.choose(5) {
            // quoted it would be a key like any other
            _ if key == "<<" => self.text.push_str(key),
            3 => self.text.push_str(&format!("'{key}'")),
            4 => self.text.push_str(&format!("\"{key}\"")),
            _ => self.text.push_str(key),
        }
    }

    fn scalar(&mut self, text: &str) {
        let is_plain = text.chars().all(|c| c.is_alphanumeric() || "-._*/".contains(c));
        if text == ALIAS || (is_plain && !self.one_in(2)) {
            self.text.push_str(text);
        } else {
            self.quoted(text);
        }
    }

    fn quoted(&mut self, text: &str) {
        if self.one_in(2) {
            self.text.push_str(&format!("'{}'", text.replace('\'', "''")));
            return;
        }
        self.text.push('"');
        for character in text.chars() {
            match character {
                '"' | '\\' => self.text.extend(['\\', character]),
                _ if MARKS.contains(&character) => self.text.push(character),
                _ => match self.choose(40) {
                    38 => self.text.push_str(&format!("\\u{:04x}", u32::from(character))),
                    39 => self.text.push_str(&format!("\\U{:08x}", u32::from(character))),
                    _ => self.text.push(character),
                },
            }
        }
        self.text.push('"');
    }

    fn found(self) -> Written {
        let text = self.text;
        let place = |mark: char| {
            let before: String =
                text[..text.find(mark).unwrap()].chars().filter(|c| !MARKS.contains(c)).collect();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap().chars().filter(|c| *c != '\u{feff}').count() + 1;
            (line, column)
        };
        let ((line, column), (end_line, end_column)) = (place(MARKS[0]), place(MARKS[1]));
        let text: String = text.chars().filter(|c| !MARKS.contains(c)).collect();
        Written { text, place: (line, column, end_line, end_column) }
    }
}
