//! JSON files, read several times as fast as the YAML reader reads them: large clusters come as JSON.
//!
//! kubectl takes what begins with a brace for JSON objects, one after the other, and for YAML only where that fails
//! (k8s.io/apimachinery@v0.36.3:pkg/util/yaml/decoder.go, `YAMLOrJSONDecoder`).

use std::borrow::Cow;

use hifijson::token::Lex;
use hifijson::{Error, Expect, SliceLexer, num, str};

use super::reader::{MAX_NODES, written_twice};
use super::{Read, SyntaxError};
use crate::decode::scalar;
use crate::model::document::{Builder, Shape, Span};

/// Deeper than any object; the YAML reader says what it thinks of others.
const MAX_DEPTH: usize = 100;

/// The documents of a text of JSON objects; nothing of any other text, so that the YAML reader says what is wrong.
pub(super) fn documents(text: &str) -> Option<Vec<Read>> {
    if !text.trim_ascii_start().starts_with('{') || !is_printable(text) {
        return None;
    }
    let mut lexer = SliceLexer::new(text.as_bytes());
    let mut values =
        Values { text, at: 0, line: 1, column: 1, builder: Builder::located(), notices: Vec::new() };
    let mut documents = Vec::new();
    while let Some(next) = lexer.ws_peek() {
        if next != b'{' {
            return None;
        }
        values.value(next, &mut lexer, MAX_DEPTH).ok()?;
        let document = std::mem::replace(&mut values.builder, Builder::located()).finish();
        documents.push(Read::new(document, std::mem::take(&mut values.notices)));
    }
    Some(documents)
}

/// Whether YAML allows every character: JSON allows some more in strings.
fn is_printable(text: &str) -> bool {
    let is_not = |c| matches!(c, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    text.bytes().all(|byte| byte < 0x7f) || !text.contains(is_not)
}

/// Puts values into a document, and knows how far the text is read.
struct Values<'a> {
    text: &'a str,
    /// The byte, line and column up to which places are counted.
    at: usize,
    line: u32,
    column: u32,
    builder: Builder,
    notices: Vec<SyntaxError>,
}

impl<'a> Values<'a> {
    /// The line and column where the lexer stands.
    fn place(&mut self, lexer: &SliceLexer<'a>) -> (u32, u32) {
        let at = self.text.len() - lexer.as_slice().len();
        let bytes = self.text.as_bytes();
        for (index, byte) in bytes.iter().enumerate().take(at).skip(self.at) {
            match byte {
                b'\r' if bytes.get(index + 1) == Some(&b'\n') => {}
                b'\n' | b'\r' => (self.line, self.column) = (self.line + 1, 1),
                // the bytes of a character after its first
                0x80..=0xbf => {}
                _ => self.column += 1,
            }
        }
        self.at = at;
        (self.line, self.column)
    }

    fn value(&mut self, next: u8, lexer: &mut SliceLexer<'a>, depth: usize) -> Result<(), Error> {
        let (line, column) = self.place(lexer);
        if depth == 0 || self.builder.len() >= MAX_NODES {
            return Err(Error::Depth);
        }
        let start = Span { line, column, end_line: line, end_column: column };
        let id = match next {
            b'{' => self.map(start, lexer, depth)?,
            b'[' => self.list(start, lexer, depth)?,
            _ => self.scalar(next, start, lexer)?,
        };
        let (line, column) = self.place(lexer);
        self.builder.end_at(id, line, column);
        Ok(())
    }

    fn map(&mut self, start: Span, lexer: &mut SliceLexer<'a>, depth: usize) -> Result<u32, Error> {
        let id = self.builder.open(Shape::Map, start);
        lexer.discarded().seq(b'}', Lex::ws_peek, |next, lexer| {
            lexer.expect(|_| Some(next), b'"').ok_or(Expect::String)?;
            self.builder.key(&str::LexAlloc::str_string(lexer)?);
            lexer.expect(Lex::ws_peek, b':').ok_or(Expect::Colon)?;
            let next = lexer.ws_peek().ok_or(Expect::Value)?;
            self.value(next, lexer, depth - 1)
        })?;
        self.notices.extend(self.builder.settle(&[], &[]).into_iter().map(written_twice));
        self.builder.close();
        Ok(id)
    }

    fn list(&mut self, start: Span, lexer: &mut SliceLexer<'a>, depth: usize) -> Result<u32, Error> {
        let id = self.builder.open(Shape::List, start);
        lexer.discarded().seq(b']', Lex::ws_peek, |next, lexer| self.value(next, lexer, depth - 1))?;
        self.builder.close();
        Ok(id)
    }

    fn scalar(&mut self, next: u8, start: Span, lexer: &mut SliceLexer<'a>) -> Result<u32, Error> {
        let (shape, text) = match next {
            b'"' => (Shape::String, str::LexAlloc::str_string(lexer.discarded())?),
            // as YAML reads them
            b'-' | b'0'..=b'9' => scalar::resolve(num::LexWrite::num_string(lexer).validated()?.0),
            _ => match lexer.null_or_bool().ok_or(Expect::Value)? {
                None => (Shape::Null, Cow::Borrowed("")),
                Some(value) => (Shape::Bool, Cow::Borrowed(if value { "true" } else { "false" })),
            },
        };
        Ok(self.builder.scalar(shape, &text, start))
    }
}
