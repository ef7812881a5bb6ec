//! The parser's places as those of the model: lines and columns from 1, ends exclusive.

use granit_parser::Span as SourceSpan;

use crate::model::Span;

pub(super) fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

pub(super) fn place(span: &SourceSpan) -> Span {
    Span {
        line: number(span.start.line()),
        column: number(span.start.col()) + 1,
        end_line: number(span.end.line()),
        end_column: number(span.end.col()) + 1,
    }
}

/// The place of a block scalar of `text` without the line ends behind it.
pub(super) fn block(text: &str, span: &SourceSpan) -> Span {
    let whole = place(span);
    let raw = span.byte_range().and_then(|range| text.get(range)).unwrap_or_default().trim_end();
    let last = raw.rsplit('\n').next().unwrap_or_default();
    let before = if last.len() == raw.len() { whole.column } else { 1 };
    Span {
        end_line: whole.line + number(raw.matches('\n').count()),
        end_column: before + number(last.chars().count()),
        ..whole
    }
}
