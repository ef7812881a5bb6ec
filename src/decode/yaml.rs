//! YAML and JSON files into documents that know where each value stands.

mod json;
mod place;
mod reader;

use std::collections::VecDeque;

use granit_parser::{Parser, StrInput, options};

use super::SyntaxError;
use crate::model::document::Document;
use crate::model::node::Node;
use place::number;
use reader::Reader;

/// A document that could be read.
#[derive(Debug)]
pub struct Read {
    /// The document.
    pub document: Document,
    /// What kubectl reads without a word, though it is hardly meant so.
    pub notices: Vec<SyntaxError>,
}

impl Read {
    fn new(document: Document, mut notices: Vec<SyntaxError>) -> Self {
        notices.sort_by_key(|notice| (notice.line, notice.column));
        Self { document, notices }
    }
}

/// The documents of a file, one after the other. Empty ones are left out; a broken one is reported in its place, and
/// those after it are still read.
pub struct Documents<'a> {
    /// Of a JSON file, all of them.
    json: VecDeque<Read>,
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    ended: bool,
}

/// Decodes a stream of YAML documents or of JSON objects.
pub fn documents(text: &str) -> Documents<'_> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let parser = Parser::new_from_str_with_options(text, options! { emit_comments: false });
    let json = json::documents(text);
    Documents { text, parser, ended: json.is_some(), json: json.unwrap_or_default().into() }
}

impl Documents<'_> {
    fn read(&mut self) -> Option<Result<Read, SyntaxError>> {
        let mut reader = Reader::new(self.text);
        while let Some(next) = self.parser.next_event() {
            let step = match next {
                Ok((event, span)) => reader.event(&event, &span),
                Err(error) => {
                    let marker = error.marker();
                    let (line, column) = (number(marker.line()), number(marker.col()) + 1);
                    Err(SyntaxError { line, column, message: error.info().clone() })
                }
            };
            match step {
                Ok(Some(read)) => return Some(Ok(read)),
                Ok(None) => {}
                Err(error) => {
                    self.ended = !matches!(self.parser.proceed_next_document(), Ok(true));
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

impl Iterator for Documents<'_> {
    type Item = Result<Read, SyntaxError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(read) = self.json.pop_front() {
            return Some(Ok(read));
        }
        while !self.ended {
            match self.read() {
                Some(Ok(read)) if Node::root(&read.document).is_nothing() => {}
                Some(read) => return Some(read),
                None => self.ended = true,
            }
        }
        None
    }
}

/// Decodes every document of a stream.
pub fn parse(text: &str) -> Vec<Result<Document, SyntaxError>> {
    documents(text).map(|read| read.map(|read| read.document)).collect()
}

/// Decodes a stream that must hold exactly one document.
pub fn parse_one(text: &str) -> Result<Document, SyntaxError> {
    let mut documents = parse(text);
    match documents.len() {
        1 => documents.remove(0),
        0 => Err(SyntaxError { line: 1, column: 1, message: "the document is empty".to_owned() }),
        count => {
            Err(SyntaxError { line: 1, column: 1, message: format!("{count} documents where one is wanted") })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_documents_after_a_broken_one() {
        let documents = parse("a: 1\n---\nb: [\n---\nc: 3\n");
        let read: Vec<bool> = documents.iter().map(Result::is_ok).collect();
        assert_eq!(read, [true, false, true]);
    }

    #[test]
    fn reads_the_documents_after_one_that_is_refused() {
        for refused in ["b: [::1]", "b: *nothing", "b: \0", "b: \u{7}", "[a]: b"] {
            let text = format!("a: 1\n---\n{refused}\nc: {{d: [e]}}\n---\nf: 3\n");
            let documents = parse(&text);
            let read: Vec<bool> = documents.iter().map(Result::is_ok).collect();
            assert_eq!(read, [true, false, true], "{refused:?}");
            assert_eq!(documents[1].as_ref().unwrap_err().line, 3, "{refused:?}");
            assert_eq!(Node::root(documents[2].as_ref().unwrap()).at("f").span().unwrap().line, 6);
        }
    }

    #[test]
    fn leaves_out_empty_documents() {
        assert_eq!(parse("---\n# nothing\n---\n\n---\na: 1\n").len(), 1);
        assert!(parse("").is_empty());
        assert!(parse("\u{feff}# nothing\r\n").is_empty());
    }
}
