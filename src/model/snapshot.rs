//! What is known about a cluster, and what is not.

use std::sync::Arc;

use rpds::{HashTrieMapSync, RedBlackTreeMapSync};

use super::document::Document;
use super::kind::Kind;
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

/// An object that is kept.
#[derive(Clone, Debug)]
pub struct Stored {
    document: Document,
    kind: Kind,
    file: String,
}

impl Stored {
    /// Keeps `document`; `None` when no rule knows its kind.
    pub fn new(mut document: Document) -> Option<Self> {
        document.shrink();
        let kind = Object::of(&document).kind()?;
        Some(Self { document, kind, file: String::new() })
    }

    /// Keeps a document without a kind of its own as `kind`, named after its file.
    pub fn as_kind(mut document: Document, kind: Kind, file: String) -> Self {
        document.shrink();
        Self { document, kind, file }
    }

    /// Keeps a copy of `object`; `None` when no rule knows its kind.
    pub fn copy_of(object: Object<'_>) -> Option<Self> {
        let kind = object.kind()?;
        let file = if kind.is_document() { object.name().to_owned() } else { String::new() };
        Some(Self::as_kind(object.root().detach(), kind, file))
    }

    /// The document that holds it.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The object.
    pub fn object(&self) -> Object<'_> {
        Object::as_kind(&self.document, self.kind, &self.file)
    }
}

type Names = HashTrieMapSync<String, Arc<Stored>>;
type ServiceIndex = HashTrieMapSync<String, RedBlackTreeMapSync<String, Arc<Stored>>>;

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
        self.insert_shared(Arc::new(stored));
    }

    /// The same for an object that others keep as well.
    pub fn insert_shared(&mut self, stored: Arc<Stored>) {
        let object = stored.object();
        let (namespace, name) = (object.namespace().to_owned(), object.name().to_owned());
        self.remove(stored.kind, &namespace, &name);
        let keys = index_keys(object);
        let index = self.index_of(stored.kind);
        for key in keys {
            let objects = index.get(&key).cloned().unwrap_or_default();
            index.insert_mut(key, objects.insert(name.clone(), Arc::clone(&stored)));
        }
        if is_load_balancer(object) {
            self.load_balancers.insert_mut(format!("{namespace}/{name}"), Arc::clone(&stored));
        }
        if let Some(table) = self.tables.get_mut(stored.kind.index()) {
            let names = table.namespaces.get(&namespace).cloned().unwrap_or_default();
            table.namespaces.insert_mut(namespace, names.insert(name, stored));
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
        let Some(names) = table.namespaces.get(namespace).cloned() else {
            return false;
        };
        let Some(stored) = names.get(name).cloned() else {
            return false;
        };
        let rest = names.remove(name);
        if rest.is_empty() {
            table.namespaces.remove_mut(namespace);
        } else {
            table.namespaces.insert_mut(namespace.to_owned(), rest);
        }
        let object = stored.object();
        let keys = index_keys(object);
        let index = self.index_of(kind);
        for key in keys {
            if let Some(objects) = index.get(&key).cloned() {
                let rest = objects.remove(name);
                if rest.is_empty() {
                    index.remove_mut(&key);
                } else {
                    index.insert_mut(key, rest);
                }
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
            Some(stored) => Lookup::Found(stored.object()),
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
        table.into_iter().flat_map(|table| table.namespaces.values().flat_map(Names::values))
    }

    /// Every object of `kind` in `namespace`, in no particular order.
    pub fn within(&self, kind: Kind, namespace: &str) -> impl Iterator<Item = Object<'_>> {
        let names = self.tables.get(kind.index()).and_then(|table| table.namespaces.get(namespace));
        names.into_iter().flat_map(Names::values).map(|stored| stored.object())
    }

    /// The Ingresses of `namespace` with a rule whose backend is `service`, in the order of their names.
    pub fn ingresses_of(&self, namespace: &str, service: &str) -> impl Iterator<Item = Object<'_>> {
        let ingresses = self.backends.get(&format!("{namespace}/{service}"));
        ingresses.into_iter().flat_map(RedBlackTreeMapSync::values).map(|stored| stored.object())
    }

    /// The EndpointSlices of `namespace` that belong to `service`, in the order of their names.
    pub fn slices_of(&self, namespace: &str, service: &str) -> impl Iterator<Item = Object<'_>> {
        let slices = self.slices.get(&format!("{namespace}/{service}"));
        slices.into_iter().flat_map(RedBlackTreeMapSync::values).map(|stored| stored.object())
    }

    /// Every object of `kind` in `namespace`, in no particular order.
    pub fn in_namespace(&self, kind: Kind, namespace: &str) -> impl Iterator<Item = Object<'_>> {
        let names = self.tables.get(kind.index()).and_then(|table| table.namespaces.get(namespace));
        names.into_iter().flat_map(Names::values).map(|stored| stored.object())
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

/// Under which Services an object is found.
fn index_keys(object: Object<'_>) -> Vec<String> {
    let namespace = object.namespace();
    match object.kind() {
        Some(Kind::Ingress) => {}
        Some(Kind::EndpointSlice) => {
            let service = object.label("kubernetes.io/service-name").text();
            return if service.is_empty() { Vec::new() } else { vec![format!("{namespace}/{service}")] };
        }
        _ => return Vec::new(),
    }
    let paths = object.spec().at("rules").items().flat_map(|rule| rule.at("http").at("paths").items());
    let services = paths.map(|path| path.at("backend").at("service").at("name").text());
    let mut keys: Vec<String> = services.map(|service| format!("{namespace}/{service}")).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}
