//! An object: who it is, and its tree.

use std::fmt;

use super::document::Document;
use super::kind::Kind;
use super::node::Node;
use super::path::FieldPath;

/// An object inside a decoded document: a Kubernetes object, or a document that is judged like one.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    root: Node<'a>,
    // nearly every question begins at one of these
    metadata: Node<'a>,
    spec: Node<'a>,
    kind: Option<Kind>,
    /// The file's name for documents that carry no name of their own.
    file: &'a str,
}

impl<'a> Object<'a> {
    /// The object at `root`, its kind read from `apiVersion` and `kind`.
    pub fn at(root: Node<'a>) -> Self {
        let [version, kind, metadata, spec] = root.entries(["apiVersion", "kind", "metadata", "spec"]);
        let kind = Kind::of(version.text(), kind.text());
        Self { root, metadata, spec, kind, file: "" }
    }

    /// The object that is a whole document.
    pub fn of(document: &'a Document) -> Self {
        Self::at(Node::root(document))
    }

    /// A document without a kind of its own, judged as `kind`; `file` becomes its name.
    pub fn as_kind(document: &'a Document, kind: Kind, file: &'a str) -> Self {
        Self { kind: Some(kind), file, ..Self::of(document) }
    }

    /// What is kept as `kind`, and where its `metadata` and `spec` are; `file` becomes the name of a document that
    /// has none.
    pub(super) fn stored(document: &'a Document, parts: [u32; 2], kind: Kind, file: &'a str) -> Self {
        let root = Node::root(document);
        let [metadata, spec] = parts.map(|id| root.with(id));
        Self { root, metadata, spec, kind: Some(kind), file }
    }

    /// The root of its tree.
    pub fn root(self) -> Node<'a> {
        self.root
    }

    /// The entry `key` of its root.
    pub fn at_key(self, key: &str) -> Node<'a> {
        self.root.at(key)
    }

    /// `spec`.
    pub fn spec(self) -> Node<'a> {
        self.spec
    }

    /// The annotation `name`.
    pub fn annotation(self, name: &str) -> Node<'a> {
        self.metadata.at("annotations").at(name)
    }

    /// The label `name`.
    pub fn label(self, name: &str) -> Node<'a> {
        self.metadata.at("labels").at(name)
    }

    /// The names of the Services behind the paths of an Ingress, absent where a path has none.
    pub fn backends(self) -> impl Iterator<Item = Node<'a>> {
        let paths = self.spec().at("rules").items().flat_map(|rule| rule.at("http").at("paths").items());
        paths.map(|path| path.at("backend").at("service").at("name"))
    }

    /// The name of the Service an `EndpointSlice` belongs to; empty where it belongs to none.
    pub fn slice_service(self) -> &'a str {
        self.label("kubernetes.io/service-name").text()
    }

    /// Its kind; `None` when no rule knows it.
    pub fn kind(self) -> Option<Kind> {
        self.kind
    }

    /// `apiVersion` as written.
    pub fn api_version(self) -> &'a str {
        self.root.at("apiVersion").text()
    }

    /// `kind` as written, or the name of the kind a kind-less document is judged as.
    pub fn kind_name(self) -> &'a str {
        match self.root.at("kind").text() {
            "" => self.kind.map_or("", Kind::name),
            written => written,
        }
    }

    /// The namespace; empty where there is none.
    pub fn namespace(self) -> &'a str {
        self.metadata.at("namespace").text()
    }

    /// The name, or the file's name for documents that carry none.
    pub fn name(self) -> &'a str {
        if self.file.is_empty() { self.metadata.at("name").text() } else { self.file }
    }

    /// Whether its deletion has begun.
    pub fn is_terminating(self) -> bool {
        !self.metadata.at("deletionTimestamp").is_nothing()
    }

    /// Whether this is the object with this identity.
    pub fn is(self, kind: Kind, namespace: &str, name: &str) -> bool {
        self.kind == Some(kind) && self.name() == name && self.namespace() == namespace
    }

    /// Its kind, namespace and name: what tells it from every other.
    pub fn identity(self) -> (Option<Kind>, &'a str, &'a str) {
        (self.kind(), self.namespace(), self.name())
    }

    /// The path of one of its values.
    pub fn path(self, node: Node<'a>) -> FieldPath {
        node.path_from(self.root)
    }

    /// Its identity, detached from the document.
    pub fn reference(self) -> ObjectRef {
        ObjectRef {
            api_version: self.api_version().to_owned(),
            kind: self.kind_name().to_owned(),
            namespace: self.namespace().to_owned(),
            name: self.name().to_owned(),
        }
    }
}

/// The identity of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// `apiVersion` as written; empty for documents without one.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
    /// The namespace; empty for cluster-scoped objects.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl ObjectRef {
    /// The API group.
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            // kubeadm's documents have no name
            f.write_str(&self.kind)
        } else if self.namespace.is_empty() {
            write!(f, "{} {}", self.kind, self.name)
        } else {
            write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
        }
    }
}
