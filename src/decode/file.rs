//! A file into the objects it holds, each with the position of its document.

use super::{SyntaxError, manifest, yaml};
use crate::model::{Kind, Node, Stored};

/// What a file holds.
#[derive(Debug, Default)]
pub struct Contents {
    /// The objects that rules know, each with the position of its document, from 1.
    pub objects: Vec<(usize, Stored)>,
    /// Kinds of which the file holds a list without items: it says that there are none.
    pub none_of: Vec<Kind>,
    /// Keys that are written twice in one map, at their second place.
    pub twice: Vec<SyntaxError>,
    /// What cannot be read.
    pub errors: Vec<SyntaxError>,
}

/// Reads a file of YAML or JSON documents. `as_kind` says what a document without a kind is.
pub fn read(text: &str, file: &str, as_kind: Option<Kind>) -> Contents {
    let mut contents = Contents::default();
    for (index, document) in yaml::parse(text).into_iter().enumerate() {
        let document = match document {
            Ok(document) => document,
            Err(error) => {
                contents.errors.push(template_hint(text, error));
                continue;
            }
        };
        contents.twice.extend(written_twice(Node::root(&document)));
        contents.none_of.extend(empty_list(Node::root(&document)));
        let bare = Node::root(&document).at("kind").is_absent();
        let objects = match as_kind.filter(|_| bare) {
            Some(kind) => vec![Stored::as_kind(document, kind, file.to_owned())],
            None => manifest::objects(document, file, Some(text)),
        };
        contents.objects.extend(objects.into_iter().map(|object| (index + 1, object)));
    }
    contents
}

/// A template is no manifest; say so instead of what its braces look like to YAML.
fn template_hint(text: &str, error: SyntaxError) -> SyntaxError {
    if text.contains("{{") {
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

fn written_twice(root: Node<'_>) -> Vec<SyntaxError> {
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        let mut keys: Vec<(&str, Node<'_>)> = Vec::new();
        for child in node.children() {
            keys.push((child.key(), child));
            open.push(child);
        }
        if node.is_map() {
            // stable: of two equal keys the later one stays later
            keys.sort_by_key(|(key, _)| *key);
            for pair in keys.windows(2) {
                if let [(first, _), (second, node)] = pair
                    && first == second
                {
                    let span = node.span().unwrap_or_default();
                    let message = format!("key {second:?} is written twice; kubectl keeps the last one");
                    found.push(SyntaxError { line: span.line, column: span.column, message });
                }
            }
        }
    }
    found.sort_by_key(|error| (error.line, error.column));
    found
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
        assert_eq!((contents.twice[0].line, contents.twice[0].column), (3, 27));
        assert_eq!(contents.errors.len(), 1);
    }

    #[test]
    fn a_document_without_a_kind_can_be_named() {
        let contents = read("ipFamily: V6\n", "x.yaml", Some(Kind::HelmValues));
        assert_eq!(contents.objects[0].1.object().kind(), Some(Kind::HelmValues));
    }
}
