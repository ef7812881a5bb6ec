//! A file into the objects it holds, each with the position of its document.

use std::cell::LazyCell;
use std::ops::Deref;

use super::{SyntaxError, manifest, yaml};
use crate::model::{Kind, Lines, Node, Stored};

/// Stands for bytes that are no text.
const NO_TEXT: char = '\u{fffe}';

/// What a file holds.
#[derive(Debug, Default)]
pub struct Contents {
    /// The objects that rules know, each with the position of its document, from 1.
    pub objects: Vec<(usize, Stored)>,
    /// Kinds of which the file holds a list without items: it says that there are none.
    pub none_of: Vec<Kind>,
    /// What kubectl reads without a word, though it is hardly meant so.
    pub notices: Vec<SyntaxError>,
    /// What cannot be read.
    pub errors: Vec<SyntaxError>,
}

/// The text of a file. Bytes that are no text become a character that YAML refuses, so that they are reported where
/// they stand, and only their document is lost.
pub fn text(bytes: Vec<u8>) -> String {
    let text = String::from_utf8(bytes).unwrap_or_else(|error| {
        let mut text = String::new();
        for chunk in error.as_bytes().utf8_chunks() {
            text.push_str(chunk.valid());
            if !chunk.invalid().is_empty() {
                text.push(NO_TEXT);
            }
        }
        text
    });
    // a byte order mark is no part of the text
    match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

/// Whether a text is the whole of its file, so that the file may be written anew.
pub fn is_whole(text: &str) -> bool {
    !text.contains(NO_TEXT)
}

/// Reads a file of YAML or JSON documents. `as_kind` says what a document without a kind is.
pub fn read(text: &str, file: &str, as_kind: Option<Kind>) -> Contents {
    let mut contents = Contents::default();
    let lines = Lines::of(text);
    let is_template = LazyCell::new(|| text.contains("{{"));
    for (index, read) in yaml::documents(text).enumerate() {
        let document = match read {
            Ok(read) => {
                contents.notices.extend(read.notices);
                read.document
            }
            Err(error) => {
                contents.errors.push(explained(&lines, error, &is_template));
                continue;
            }
        };
        contents.none_of.extend(empty_list(Node::root(&document)));
        let bare = Node::root(&document).at("kind").is_absent();
        let objects = match as_kind.filter(|_| bare) {
            Some(kind) => vec![Stored::as_kind(document, kind, file.to_owned())],
            None => manifest::objects(document, file, Some(&lines)),
        };
        contents.objects.extend(objects.into_iter().map(|object| (index + 1, object)));
    }
    contents
}

/// Says what is probably the matter, instead of what it looks like to YAML.
fn explained(lines: &Lines<'_>, error: SyntaxError, is_template: &impl Deref<Target = bool>) -> SyntaxError {
    let rest =
        lines.offset(error.line, error.column).and_then(|at| lines.text().get(at..)).unwrap_or_default();
    if rest.starts_with(NO_TEXT) {
        return SyntaxError { message: "this is not UTF-8 text".to_owned(), ..error };
    }
    if **is_template {
        let message = format!("{}; this looks like a template, check what it renders to", error.message);
        return SyntaxError { message, ..error };
    }
    error
}

fn empty_list(root: Node<'_>) -> Option<Kind> {
    let kind = root.at("kind").text().strip_suffix("List")?;
    let is_empty = root.at("items").items().next().is_none();
    Kind::of(root.at("apiVersion").text(), kind).filter(|_| is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_it_holds_and_what_is_wrong_with_it() {
        let text = "apiVersion: v1\nkind: Service\nmetadata: {name: a, name: b}\n---\nkind: NamespaceList\napiVersion: v1\nitems: []\n---\na: [\n";
        let contents = read(text, "x.yaml", None);
        assert_eq!(contents.objects.len(), 1);
        assert_eq!(contents.none_of, [Kind::Namespace]);
        assert_eq!((contents.notices[0].line, contents.notices[0].column), (3, 27));
        assert_eq!(contents.errors.len(), 1);
    }

    #[test]
    fn a_document_without_a_kind_can_be_named() {
        let contents = read("ipFamily: V6\n", "x.yaml", Some(Kind::HelmValues));
        assert_eq!(contents.objects[0].1.object().kind(), Some(Kind::HelmValues));
    }

    #[test]
    fn what_is_no_text_is_reported_where_it_stands() {
        let bytes =
            b"\xef\xbb\xbfa: 1\n---\nb: '\xc3\xbc \xff'\n---\nkind: Service\napiVersion: v1\n".to_vec();
        let contents = read(&text(bytes), "x.yaml", None);
        let [error] = contents.errors.as_slice() else { panic!("{:?}", contents.errors) };
        assert_eq!((error.line, error.column, error.message.as_str()), (3, 7, "this is not UTF-8 text"));
        assert_eq!(contents.objects.len(), 1);
    }
}
