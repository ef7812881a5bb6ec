//! What is known about a cluster, and what is not.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rpds::{HashTrieMapSync, HashTrieSetSync, RedBlackTreeMapSync};

use super::document::Document;
use super::kind::Kind;
use super::node::Node;
use super::object::Object;

/// How much of a kind has been seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Seen {
    /// Nobody looked: what is not here may well exist.
    #[default]
    NotLookedAt,
    /// Every object of the kind is here: what is not here does not exist.
    Completely,
}

/// The answer to a look-up.
#[derive(Clone, Copy, Debug)]
pub enum Lookup<T> {
    /// It exists.
    Found(T),
    /// It does not exist.
    Absent,
    /// Its kind was not looked at.
    Unknown,
}

/// Kinds of which a cluster has very many, so that bytes count. Some of the others are read for every judgement.
const MANY: [Kind; 7] = [
    Kind::EndpointSlice,
    Kind::Endpoints,
    Kind::HostRule,
    Kind::Ingress,
    Kind::Node,
    Kind::Route,
    Kind::Service,
];

/// An object that is kept.
#[derive(Clone, Debug)]
pub struct Stored {
    document: Document,
    /// Where nearly every question begins, found once.
    metadata: u32,
    spec: u32,
    kind: Kind,
    file: Box<str>,
}

impl Stored {
    /// Keeps `document`; `None` when no rule knows its kind.
    pub fn new(document: Document) -> Option<Self> {
        let kind = Object::of(&document).kind()?;
        Some(Self::as_kind(document, kind, String::new()))
    }

    /// Keeps a document without a kind of its own as `kind`, named after its file.
    pub fn as_kind(mut document: Document, kind: Kind, file: String) -> Self {
        if MANY.contains(&kind) {
            document.pack();
        } else {
            document.shrink();
        }
        let [metadata, spec] = Node::root(&document).entries(["metadata", "spec"]).map(Node::id);
        Self { document, metadata, spec, kind, file: file.into() }
    }

    /// Keeps a copy of `object`; `None` when no rule knows its kind.
    pub fn copy_of(object: Object<'_>) -> Option<Self> {
        let kind = object.kind()?;
        let file = if kind.is_document() { object.name().to_owned() } else { String::new() };
        Some(Self::as_kind(object.root().detach(), kind, file))
    }

    /// The kind it is kept as.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The document that holds it.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The object.
    pub fn object(&self) -> Object<'_> {
        Object::stored(&self.document, [self.metadata, self.spec], self.kind, &self.file)
    }
}

/// An object that is looked up by its name, which is held once: in its document.
#[derive(Clone, Debug)]
struct Named(Arc<Stored>);

impl Borrow<str> for Named {
    fn borrow(&self) -> &str {
        self.0.object().name()
    }
}

impl Hash for Named {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Borrow::<str>::borrow(self).hash(state);
    }
}

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.0.object().name() == other.0.object().name()
    }
}

impl Eq for Named {}

/// The objects of a namespace.
type Names = HashTrieSetSync<Named>;
/// Objects by `namespace/service`, in the order of their names.
type ServiceIndex = HashTrieMapSync<Box<str>, Arc<[Arc<Stored>]>>;

#[derive(Clone, Debug, Default)]
struct Table {
    seen: Seen,
    namespaces: HashTrieMapSync<String, Names>,
}

/// A set of objects with, for each kind, whether all of them were seen.
///
/// Copies share their structure, so that one writer can prepare the next snapshot while many readers judge with
/// the current one; look-ups do not slow down with the number of objects.
#[derive(Clone, Debug)]
pub struct Snapshot {
    tables: Vec<Table>,
    /// Ingresses by `namespace/service` of their backends.
    backends: ServiceIndex,
    /// EndpointSlices by `namespace/service` of the Service they belong to.
    slices: ServiceIndex,
    /// Services of type `LoadBalancer` by `namespace/name`, in order.
    load_balancers: RedBlackTreeMapSync<String, Arc<Stored>>,
    /// Whether a cluster was looked at, as opposed to files alone.
    pub from_cluster: bool,
    /// Whether the cluster serves `route.openshift.io`; `None` when no cluster was looked at.
    pub serves_routes: Option<bool>,
    /// The API server's version as it names it (`v1.30.14`); `None` when no cluster was looked at.
    pub server_version: Option<String>,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            tables: vec![Table::default(); Kind::COUNT],
            backends: ServiceIndex::default(),
            slices: ServiceIndex::default(),
            load_balancers: RedBlackTreeMapSync::default(),
            from_cluster: false,
            serves_routes: None,
            server_version: None,
        }
    }
}

impl Snapshot {
    /// A snapshot of which everything is known: what is not put in does not exist.
    pub fn complete() -> Self {
        let mut snapshot = Self::default();
        for kind in Kind::ALL {
            snapshot.mark(*kind, Seen::Completely);
        }
        snapshot
    }

    /// Says how much of `kind` has been seen.
    pub fn mark(&mut self, kind: Kind, seen: Seen) {
        if let Some(table) = self.tables.get_mut(kind.index()) {
            table.seen = seen;
        }
    }

    /// How much of `kind` has been seen.
    pub fn seen(&self, kind: Kind) -> Seen {
        self.tables.get(kind.index()).map_or(Seen::NotLookedAt, |table| table.seen)
    }

    /// Puts an object in, in place of one of the same identity.
    pub fn insert(&mut self, stored: Stored) {
        self.insert_shared(&Arc::new(stored));
    }

    /// The same for an object that others keep as well.
    pub fn insert_shared(&mut self, stored: &Arc<Stored>) {
        let object = stored.object();
        let (namespace, name) = (object.namespace(), object.name());
        self.remove(stored.kind, namespace, name);
        let index = self.index_of(stored.kind);
        for key in index_keys(object) {
            let others = index.get(&*key).map(|objects| &**objects).unwrap_or_default();
            let (before, after) = others.split_at(others.partition_point(|o| o.object().name() < name));
            let objects = before.iter().chain([stored]).chain(after).cloned().collect();
            index.insert_mut(key, objects);
        }
        if is_load_balancer(object) {
            self.load_balancers.insert_mut(format!("{namespace}/{name}"), Arc::clone(stored));
        }
        if let Some(table) = self.tables.get_mut(stored.kind.index()) {
            let entry = Named(Arc::clone(stored));
            match table.namespaces.get_mut(namespace) {
                Some(names) => names.insert_mut(entry),
                None => table.namespaces.insert_mut(namespace.to_owned(), Names::default().insert(entry)),
            }
        }
    }

    /// The index by Service that objects of `kind` are in.
    fn index_of(&mut self, kind: Kind) -> &mut ServiceIndex {
        if kind == Kind::EndpointSlice { &mut self.slices } else { &mut self.backends }
    }

    /// Takes an object out; whether it was there.
    pub fn remove(&mut self, kind: Kind, namespace: &str, name: &str) -> bool {
        let Some(table) = self.tables.get_mut(kind.index()) else {
            return false;
        };
        let Some(names) = table.namespaces.get_mut(namespace) else {
            return false;
        };
        let Some(Named(stored)) = names.get(name).cloned() else {
            return false;
        };
        names.remove_mut(name);
        if names.is_empty() {
            table.namespaces.remove_mut(namespace);
        }
        let object = stored.object();
        let index = self.index_of(kind);
        for key in index_keys(object) {
            let Some(objects) = index.get(&*key) else { continue };
            let rest: Arc<[_]> = objects.iter().filter(|o| o.object().name() != name).cloned().collect();
            if rest.is_empty() {
                index.remove_mut(&*key);
            } else {
                index.insert_mut(key, rest);
            }
        }
        if is_load_balancer(object) {
            self.load_balancers.remove_mut(&format!("{namespace}/{name}"));
        }
        true
    }

    /// Forgets every object of `kind`.
    pub fn clear(&mut self, kind: Kind) {
        let identities: Vec<(String, String)> =
            self.all(kind).map(|object| (object.namespace().to_owned(), object.name().to_owned())).collect();
        for (namespace, name) in identities {
            self.remove(kind, &namespace, &name);
        }
    }

    /// Looks an object up; `namespace` is empty for cluster-scoped kinds.
    pub fn get(&self, kind: Kind, namespace: &str, name: &str) -> Lookup<Object<'_>> {
        let Some(table) = self.tables.get(kind.index()) else {
            return Lookup::Unknown;
        };
        match table.namespaces.get(namespace).and_then(|names| names.get(name)) {
            Some(Named(stored)) => Lookup::Found(stored.object()),
            None if table.seen == Seen::Completely => Lookup::Absent,
            None => Lookup::Unknown,
        }
    }

    /// Every object of `kind`, in no particular order. For kinds of which a cluster has few.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = Object<'_>> {
        self.stored(kind).map(|stored| stored.object())
    }

    /// The same, to be kept by others as well.
    pub fn stored(&self, kind: Kind) -> impl Iterator<Item = &Arc<Stored>> {
        let table = self.tables.get(kind.index());
        table
            .into_iter()
            .flat_map(|table| table.namespaces.values().flat_map(Names::iter).map(|named| &named.0))
    }

    /// Every object of `kind` in `namespace`, in no particular order.
    pub fn within(&self, kind: Kind, namespace: &str) -> impl Iterator<Item = Object<'_>> {
        let names = self.tables.get(kind.index()).and_then(|table| table.namespaces.get(namespace));
        names.into_iter().flat_map(Names::iter).map(|named| named.0.object())
    }

    /// The Ingresses of `namespace` with a rule whose backend is `service`, in the order of their names.
    pub fn ingresses_of(&self, namespace: &str, service: &str) -> impl Iterator<Item = Object<'_>> {
        in_index(&self.backends, namespace, service)
    }

    /// The EndpointSlices of `namespace` that belong to `service`, in the order of their names.
    pub fn slices_of(&self, namespace: &str, service: &str) -> impl Iterator<Item = Object<'_>> {
        in_index(&self.slices, namespace, service)
    }

    /// Every object of `kind` in `namespace`, in no particular order.
    pub fn in_namespace(&self, kind: Kind, namespace: &str) -> impl Iterator<Item = Object<'_>> {
        let names = self.tables.get(kind.index()).and_then(|table| table.namespaces.get(namespace));
        names.into_iter().flat_map(Names::iter).map(|named| named.0.object())
    }

    /// The Services of type `LoadBalancer`, in the order of namespace and name.
    pub fn load_balancers(&self) -> impl Iterator<Item = Object<'_>> {
        self.load_balancers.values().map(|stored| stored.object())
    }

    /// Number of objects of `kind`.
    pub fn count(&self, kind: Kind) -> usize {
        let table = self.tables.get(kind.index());
        table.map_or(0, |table| table.namespaces.values().map(Names::size).sum())
    }
}

fn is_load_balancer(object: Object<'_>) -> bool {
    object.kind() == Some(Kind::Service) && object.spec().at("type").text() == "LoadBalancer"
}

fn in_index<'a>(
    index: &'a ServiceIndex,
    namespace: &str,
    service: &str,
) -> impl Iterator<Item = Object<'a>> + use<'a> {
    let objects = index.get(&*format!("{namespace}/{service}"));
    objects.into_iter().flat_map(|objects| objects.iter()).map(|stored| stored.object())
}

/// Under which Services an object is found.
fn index_keys(object: Object<'_>) -> Vec<Box<str>> {
    let namespace = object.namespace();
    let key = |service: &str| format!("{namespace}/{service}").into_boxed_str();
    match object.kind() {
        Some(Kind::Ingress) => {}
        Some(Kind::EndpointSlice) => {
            let service = object.slice_service();
            return if service.is_empty() { Vec::new() } else { vec![key(service)] };
        }
        _ => return Vec::new(),
    }
    let mut keys: Vec<Box<str>> = object.backends().map(|name| key(name.text())).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}
