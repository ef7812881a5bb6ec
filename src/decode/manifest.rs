//! Documents into the objects they hold.

use super::embedded;
use crate::model::document::{Builder, Document};
use crate::model::{Kind, Lines, Node, Object, Shape, Stored};

/// Sections of the AKO chart's values document, by which it is known.
const VALUES_SECTIONS: [&str; 5] =
    ["AKOSettings", "NetworkSettings", "L7Settings", "L4Settings", "ControllerSettings"];

/// The objects of a document: itself, or the items of a list. Objects no rule knows are left out. With `source`, the
/// text of the file, values inside strings have places of their own.
pub fn objects(document: Document, file: &str, source: Option<&Lines<'_>>) -> Vec<Stored> {
    let root = Node::root(&document);
    // `kubectl get -o yaml` prints a List, scripts often just a list
    let list = if root.shape() == Some(Shape::List) { root } else { root.at("items") };
    let is_list = root.shape() == Some(Shape::List) || root.at("kind").text().ends_with("List");
    let items: Vec<Document> = if is_list && list.items().next().is_some() {
        list.items().map(|item| item_of(&document, item)).collect()
    } else {
        vec![document]
    };
    items.into_iter().filter_map(|item| object(item, file, source)).collect()
}

/// An item of a list as a document of its own. Those of an API server's list, such as a `ServiceList`, do not say what
/// they are, and kubectl takes it from the list, too.
fn item_of(list: &Document, item: Node<'_>) -> Document {
    let (root, document) = (Node::root(list), list.extract(item.id()));
    let kind = root.at("kind").text().strip_suffix("List").filter(|kind| !kind.is_empty());
    match kind.filter(|_| item.is_map() && item.at("kind").is_absent()) {
        Some(kind) => {
            let entries = [("apiVersion", root.at("apiVersion").text()), ("kind", kind)];
            Builder::with_entries(document, &entries)
        }
        None => document,
    }
}

/// The object at `root` of a larger document, detached from it.
pub fn detach(document: &Document, root: Node<'_>, file: &str) -> Option<Stored> {
    object(document.extract(root.id()), file, None)
}

/// What a document without a kind is judged as; `None` when its shape says nothing.
pub fn kind_by_shape(root: Node<'_>) -> Option<Kind> {
    let bare = root.at("kind").is_absent();
    let section = |name: &&str| root.at(name).shape() == Some(Shape::Map);
    if bare && VALUES_SECTIONS.iter().any(section) {
        return Some(Kind::HelmValues);
    }
    // AKS Engine reads its keys in any letter case
    let named = |node: Node<'_>, name: &str| {
        node.children().find(|child| child.key().eq_ignore_ascii_case(name)).is_some_and(Node::is_map)
    };
    let is_model = |node: Node<'_>| {
        let properties = node.children().find(|child| child.key().eq_ignore_ascii_case("properties"));
        properties.is_some_and(|properties| named(properties, "orchestratorProfile"))
    };
    // a wrapper may hold the model
    (bare && (is_model(root) || is_model(root.at("apiModel")))).then_some(Kind::ApiModel)
}

/// Keeps one whole document, if a rule knows what it is.
pub fn object(document: Document, file: &str, source: Option<&Lines<'_>>) -> Option<Stored> {
    if let Some(kind) = kind_by_shape(Node::root(&document)) {
        return Some(Stored::as_kind(document, kind, file.to_owned()));
    }
    Object::of(&document).kind()?;
    Stored::new(embedded::expand(document, |document| Node::root(document), source))
}

/// Keeps an object whose kind is known from where it came: the items of a list do not name theirs.
pub fn of_kind(mut document: Document, kind: Kind) -> Option<Stored> {
    if Node::root(&document).at("kind").is_absent() {
        let version = if kind.group().is_empty() { "v1".to_owned() } else { format!("{}/v1", kind.group()) };
        document = Builder::with_entries(document, &[("apiVersion", &version), ("kind", kind.name())]);
    }
    object(document, "", None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::yaml;

    fn kinds(text: &str) -> Vec<&'static str> {
        let documents = yaml::parse(text).into_iter().filter_map(Result::ok);
        let stored: Vec<Stored> = documents.flat_map(|d| objects(d, "values.yaml", None)).collect();
        stored.iter().filter_map(|s| s.object().kind().map(Kind::name)).collect()
    }

    #[test]
    fn opens_lists_and_knows_values_by_their_sections() {
        let list = "kind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: Service}\n- {apiVersion: batch/v1, kind: Job}\n";
        assert_eq!(kinds(list), ["Service"]);
        let raw = "kind: ServiceList\napiVersion: v1\nitems:\n- {metadata: {name: a}}\n- {kind: Job, apiVersion: batch/v1}\n- x\n";
        assert_eq!(kinds(raw), ["Service"]);
        assert_eq!(kinds("kind: List\napiVersion: v1\nitems:\n- {metadata: {name: a}}\n"), [""; 0]);
        assert_eq!(kinds("- {apiVersion: v1, kind: Service}\n"), ["Service"]);
        assert_eq!(kinds("AKOSettings: {ipFamily: V6}\n"), ["HelmValues"]);
        assert!(kinds("some: thing\n").is_empty());
    }
}
