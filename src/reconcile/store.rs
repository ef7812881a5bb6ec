//! Events in, snapshot out. Synchronous: it knows no client and no clock.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::touched::Touched;
use crate::decode::manifest;
use crate::model::{Document, Kind, Lookup, Node, Object, Seen, Snapshot};

/// Something that happened in the cluster.
#[derive(Debug)]
pub enum Event {
    /// An object exists, in this state.
    Applied(Kind, Document),
    /// An object is gone: its namespace and name.
    Deleted(Kind, String, String),
    /// These, and no others, are the objects of a kind.
    Listed(Kind, Vec<Document>),
    /// The cluster serves no such kind.
    NotServed(Kind),
    /// The API server is of this version.
    Version(String),
}

/// Keeps the snapshot of a cluster, and what changes of it can touch.
#[derive(Debug)]
pub struct Store {
    snapshot: Snapshot,
    waiting_for: BTreeSet<Kind>,
    slices: Slices,
    touched: Touched,
}

impl Store {
    /// Starts with nothing seen; the snapshot is complete once each of `kinds` was listed or found missing, and the
    /// API server's version is known.
    pub fn new(kinds: impl IntoIterator<Item = Kind>) -> Self {
        let waiting_for: BTreeSet<Kind> = kinds.into_iter().collect();
        let mut snapshot = Snapshot::default();
        snapshot.from_cluster = true;
        snapshot.serves_routes = Some(false);
        for kind in Kind::ALL.iter().filter(|kind| !kind.is_served()) {
            snapshot.mark(*kind, Seen::Completely);
        }
        Self { snapshot, waiting_for, slices: Slices::default(), touched: Touched::everything() }
    }

    /// Takes an event in.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Applied(kind, document) => self.insert(kind, document),
            Event::Deleted(kind, namespace, name) => self.remove(kind, &namespace, &name),
            Event::Listed(kind, documents) => {
                let mut gone: BTreeSet<(String, String)> = self.snapshot.all(kind).map(identity).collect();
                for document in documents {
                    let metadata = Node::root(&document).at("metadata");
                    let text = |key: &str| metadata.at(key).text().to_owned();
                    gone.remove(&(text("namespace"), text("name")));
                    self.insert(kind, document);
                }
                for (namespace, name) in gone {
                    self.remove(kind, &namespace, &name);
                }
                self.seen(kind, true);
            }
            Event::Version(version) => self.snapshot.server_version = Some(version),
            Event::NotServed(kind) => {
                let gone: Vec<(String, String)> = self.snapshot.all(kind).map(identity).collect();
                for (namespace, name) in gone {
                    self.remove(kind, &namespace, &name);
                }
                self.seen(kind, false);
            }
        }
    }

    fn seen(&mut self, kind: Kind, served: bool) {
        self.snapshot.mark(kind, Seen::Completely);
        self.waiting_for.remove(&kind);
        if kind == Kind::Route {
            self.snapshot.serves_routes = Some(served);
        }
    }

    fn insert(&mut self, kind: Kind, document: Document) {
        let metadata = Node::root(&document).at("metadata");
        let (namespace, name) =
            (metadata.at("namespace").text().to_owned(), metadata.at("name").text().to_owned());
        let Some(stored) = manifest::of_kind(document, kind) else {
            tracing::warn!(kind = kind.name(), name, "skipped an object that cannot be read");
            return self.remove(kind, &namespace, &name);
        };
        let before = match self.snapshot.get(kind, &namespace, &name) {
            Lookup::Found(before) if before.root().same_as(stored.object().root()) => return,
            Lookup::Found(before) => Some(before),
            Lookup::Absent | Lookup::Unknown => None,
        };
        let slices_of = |namespace: &str, service: &str| self.slices.of(namespace, service);
        if let Some(before) = before {
            self.touched.by(before, &self.snapshot, &slices_of);
            self.slices.remove(before);
        }
        let slices_of = |namespace: &str, service: &str| self.slices.of(namespace, service);
        self.touched.by(stored.object(), &self.snapshot, &slices_of);
        self.slices.insert(stored.object());
        self.snapshot.insert(stored);
    }

    fn remove(&mut self, kind: Kind, namespace: &str, name: &str) {
        if let Lookup::Found(before) = self.snapshot.get(kind, namespace, name) {
            let slices_of = |namespace: &str, service: &str| self.slices.of(namespace, service);
            self.touched.by(before, &self.snapshot, &slices_of);
            self.slices.remove(before);
        }
        self.snapshot.remove(kind, namespace, name);
    }

    /// The snapshot as of now, and whether it is complete.
    pub fn snapshot(&self) -> (Snapshot, bool) {
        let complete = self.waiting_for.is_empty() && self.snapshot.server_version.is_some();
        (self.snapshot.clone(), complete)
    }

    /// What was touched since this was last asked; everything, the first time.
    pub fn take_touched(&mut self) -> Touched {
        std::mem::take(&mut self.touched)
    }
}

fn identity(object: Object<'_>) -> (String, String) {
    (object.namespace().to_owned(), object.name().to_owned())
}

/// The names of `EndpointSlice`s by the Service they belong to. A hash stands for namespace and Service: there are
/// very many slices, and one too many judged does no harm.
#[derive(Debug, Default)]
struct Slices(BTreeSet<(u64, Box<str>)>);

impl Slices {
    fn hash(namespace: &str, service: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        (namespace, service).hash(&mut hasher);
        hasher.finish()
    }

    fn key(slice: Object<'_>) -> Option<(u64, Box<str>)> {
        let service = slice.label("kubernetes.io/service-name").text();
        let is_slice = slice.kind() == Some(Kind::EndpointSlice);
        is_slice.then(|| (Self::hash(slice.namespace(), service), slice.name().into()))
    }

    fn insert(&mut self, object: Object<'_>) {
        self.0.extend(Self::key(object));
    }

    fn remove(&mut self, object: Object<'_>) {
        if let Some(key) = Self::key(object) {
            self.0.remove(&key);
        }
    }

    fn of(&self, namespace: &str, service: &str) -> Vec<String> {
        let hash = Self::hash(namespace, service);
        let found = self.0.range((hash, "".into())..).take_while(|(of, _)| *of == hash);
        found.map(|(_, name)| name.to_string()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::json;
    use crate::reconcile::ledger::Ledger;

    fn service(name: &str) -> Document {
        json::parse(&format!(r#"{{"metadata":{{"namespace":"a","name":"{name}"}},"spec":{{}}}}"#)).unwrap()
    }

    #[test]
    fn a_list_replaces_what_was_known() {
        let mut store = Store::new([Kind::Service]);
        store.apply(Event::Version("v1.36.3".to_owned()));
        assert!(!store.snapshot().1);
        store.apply(Event::Listed(Kind::Service, vec![service("x"), service("y")]));
        store.apply(Event::Applied(Kind::Service, service("z")));
        assert!(store.snapshot().1);
        assert_eq!(store.snapshot().0.count(Kind::Service), 3);
        store.apply(Event::Listed(Kind::Service, vec![service("y")]));
        let (snapshot, _) = store.snapshot();
        assert!(matches!(snapshot.get(Kind::Service, "a", "x"), Lookup::Absent));
        let Lookup::Found(object) = snapshot.get(Kind::Service, "a", "y") else { panic!("y is gone") };
        assert_eq!((object.kind_name(), object.api_version()), ("Service", "v1"));
    }

    #[test]
    fn a_kind_that_is_not_served_has_no_objects() {
        let mut store = Store::new([Kind::Route, Kind::Service]);
        store.apply(Event::NotServed(Kind::Route));
        let (snapshot, complete) = store.snapshot();
        assert!(!complete && snapshot.serves_routes == Some(false));
        assert!(matches!(snapshot.get(Kind::Route, "a", "x"), Lookup::Absent));
        assert!(matches!(snapshot.get(Kind::Service, "a", "x"), Lookup::Unknown));
    }

    #[test]
    fn an_object_that_stays_as_it_was_touches_nothing() {
        let mut store = Store::new([Kind::Service]);
        assert!(store.take_touched().is_everything());
        store.apply(Event::Applied(Kind::Service, service("x")));
        assert_eq!(names(&mut store), ["x", "x"]);
        store.apply(Event::Applied(Kind::Service, service("x")));
        store.apply(Event::Listed(Kind::Service, vec![service("x")]));
        assert!(store.take_touched().is_empty());
        store.apply(Event::Listed(Kind::Service, Vec::new()));
        assert_eq!(names(&mut store), ["x", "x"]);
    }

    #[test]
    fn a_service_touches_its_slices_wherever_they_moved() {
        let slice = |service: &str| {
            let labels = format!(r#"{{"kubernetes.io/service-name":"{service}"}}"#);
            let text = format!(r#"{{"metadata":{{"namespace":"a","name":"s-1","labels":{labels}}}}}"#);
            Event::Applied(Kind::EndpointSlice, json::parse(&text).unwrap())
        };
        let mut store = Store::new([Kind::Service, Kind::EndpointSlice]);
        store.apply(slice("x"));
        store.apply(slice("y"));
        store.take_touched();
        store.apply(Event::Applied(Kind::Service, service("x")));
        assert_eq!(names(&mut store), ["x", "x"]);
        store.apply(Event::Applied(Kind::Service, service("y")));
        assert_eq!(names(&mut store), ["s-1", "y", "y"]);
    }

    /// The names of what was touched: a Service stands for its Endpoints as well.
    fn names(store: &mut Store) -> Vec<String> {
        let objects = store.take_touched().objects(&store.snapshot().0, &Ledger::default());
        objects.into_iter().map(|id| id.name).collect()
    }
}
