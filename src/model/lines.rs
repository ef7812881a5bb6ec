//! Where the lines of a text begin.

use std::ops::Range;

use super::document::Span;

/// A text that is looked into by line and column, in time that does not grow with its length.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// The lines of `text`. As in YAML, a line ends with LF, CR LF or CR.
    pub fn of(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        Self { text, starts: [0].into_iter().chain(ends.map(|(at, _)| at + 1)).collect() }
    }

    /// The text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The byte at which a line begins; the end of the text for lines beyond it. Lines are counted from 1.
    pub fn start(&self, line: u32) -> usize {
        let index = (line as usize).saturating_sub(1);
        self.starts.get(index).copied().unwrap_or(self.text.len())
    }

    /// The byte at a line and column, both counted from 1; nothing where the line is shorter.
    pub fn offset(&self, line: u32, column: u32) -> Option<usize> {
        let rest = self.text.get(self.start(line)..)?;
        let mut places = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
        places.nth((column as usize).checked_sub(1)?).map(|at| self.start(line) + at)
    }

    /// The line and column of a byte.
    pub fn place(&self, at: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..at).unwrap_or_default().chars().count();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        (number(line), number(before + 1))
    }

    /// The span of a range of bytes.
    pub fn span(&self, range: Range<usize>) -> Span {
        let ((line, column), (end_line, end_column)) = (self.place(range.start), self.place(range.end));
        Span { line, column, end_line, end_column }
    }

    /// The bytes of a span.
    pub fn range(&self, span: Span) -> Option<Range<usize>> {
        Some(self.offset(span.line, span.column)?..self.offset(span.end_line, span.end_column)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_in_yaml() {
        let lines = Lines::of("a\r\nbü1\rc\n");
        assert_eq!([1, 2, 3, 4, 5].map(|line| lines.start(line)), [0, 3, 8, 10, 10]);
        assert_eq!(lines.offset(2, 3), Some(6));
        assert_eq!(lines.offset(9, 2), None);
        let span = Span { line: 2, column: 2, end_line: 3, end_column: 2 };
        assert_eq!(lines.range(span), Some(4..9));
        assert_eq!(lines.span(4..9), span);
    }
}
