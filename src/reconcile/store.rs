//! Events in, snapshot out. Synchronous: it knows no client and no clock.

use std::collections::BTreeSet;

use crate::decode::manifest;
use crate::model::{Document, Kind, Node, Seen, Snapshot};

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

/// Keeps the snapshot of a cluster.
#[derive(Debug)]
pub struct Store {
    snapshot: Snapshot,
    waiting_for: BTreeSet<Kind>,
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
        Self { snapshot, waiting_for }
    }

    /// Takes an event in.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Applied(kind, document) => self.insert(kind, document),
            Event::Deleted(kind, namespace, name) => {
                self.snapshot.remove(kind, &namespace, &name);
            }
            Event::Listed(kind, documents) => {
                self.snapshot.clear(kind);
                for document in documents {
                    self.insert(kind, document);
                }
                self.seen(kind, true);
            }
            Event::Version(version) => self.snapshot.server_version = Some(version),
            Event::NotServed(kind) => {
                self.snapshot.clear(kind);
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
        let name = Node::root(&document).at("metadata").at("name").text().to_owned();
        if let Some(stored) = manifest::of_kind(document, kind) {
            self.snapshot.insert(stored);
        } else {
            tracing::warn!(kind = kind.name(), name, "skipped an object that cannot be read");
        }
    }

    /// The snapshot as of now, and whether it is complete.
    pub fn snapshot(&self) -> (Snapshot, bool) {
        let complete = self.waiting_for.is_empty() && self.snapshot.server_version.is_some();
        (self.snapshot.clone(), complete)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::json;
    use crate::model::Lookup;

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
}
