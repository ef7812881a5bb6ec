//! Events in, snapshot out. Synchronous: it knows no client and no clock.

use std::collections::{BTreeMap, BTreeSet};

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
    /// The objects of a kind follow one by one: there may be too many to hold at once.
    Listing(Kind),
    /// Those applied since then, and no others, are the objects of the kind.
    Listed(Kind),
    /// The cluster serves no such kind.
    NotServed(Kind),
    /// The API server is of this version.
    Version(String),
}

impl Event {
    /// Whether a watch brought it: the API server answers other questions also where its watches bring nothing.
    pub fn is_watched(&self) -> bool {
        !matches!(self, Self::NotServed(_) | Self::Version(_))
    }
}

/// Keeps the snapshot of a cluster, and what changes of it can touch.
#[derive(Debug)]
pub struct Store {
    snapshot: Snapshot,
    waiting_for: BTreeSet<Kind>,
    /// Of kinds that are listed again, the namespaces and names that the list has not brought so far.
    missing: BTreeMap<Kind, BTreeSet<(String, String)>>,
    touched: Touched,
    has_news: bool,
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
        Self {
            snapshot,
            waiting_for,
            missing: BTreeMap::new(),
            touched: Touched::everything(),
            has_news: true,
        }
    }

    /// Takes an event in.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Applied(kind, document) => self.insert(kind, document),
            Event::Deleted(kind, namespace, name) => self.remove(kind, &namespace, &name),
            Event::Listing(kind) => {
                self.missing.insert(kind, self.snapshot.all(kind).map(identity).collect());
                if self.waiting_for.contains(&kind) {
                    self.touched = Touched::everything();
                }
            }
            Event::Listed(kind) => {
                let missing = self.missing.remove(&kind).unwrap_or_default();
                self.remove_all(kind, missing);
                self.seen(kind, true);
            }
            Event::Version(version) => {
                self.has_news |= self.snapshot.server_version.as_ref() != Some(&version);
                self.snapshot.server_version = Some(version);
            }
            Event::NotServed(kind) => {
                let all = self.snapshot.all(kind).map(identity).collect();
                self.remove_all(kind, all);
                self.seen(kind, false);
            }
        }
    }

    fn remove_all(&mut self, kind: Kind, gone: BTreeSet<(String, String)>) {
        for (namespace, name) in gone {
            self.remove(kind, &namespace, &name);
        }
    }

    fn seen(&mut self, kind: Kind, served: bool) {
        self.snapshot.mark(kind, Seen::Completely);
        self.missing.remove(&kind);
        self.has_news |= self.waiting_for.remove(&kind);
        if kind == Kind::Route {
            self.has_news |= self.snapshot.serves_routes != Some(served);
            self.snapshot.serves_routes = Some(served);
        }
    }

    fn insert(&mut self, kind: Kind, document: Document) {
        let metadata = Node::root(&document).at("metadata");
        let (namespace, name) =
            (metadata.at("namespace").text().to_owned(), metadata.at("name").text().to_owned());
        if let Some(missing) = self.missing.get_mut(&kind)
            && !missing.is_empty()
        {
            missing.remove(&(namespace.clone(), name.clone()));
        }
        let Some(stored) = manifest::of_kind(document, kind) else {
            tracing::warn!(kind = kind.name(), name, "skipped an object that cannot be read");
            return self.remove(kind, &namespace, &name);
        };
        let before = match self.snapshot.get(kind, &namespace, &name) {
            Lookup::Found(before) if before.root().same_as(stored.object().root()) => return,
            Lookup::Found(before) => Some(before),
            Lookup::Absent | Lookup::Unknown => None,
        };
        if let Some(before) = before {
            self.touched.by(before, &self.snapshot);
        }
        self.touched.by(stored.object(), &self.snapshot);
        self.snapshot.insert(stored);
        // what comes first of a kind says little until all of it is there
        self.has_news |= !self.waiting_for.contains(&kind);
    }

    fn remove(&mut self, kind: Kind, namespace: &str, name: &str) {
        if let Lookup::Found(before) = self.snapshot.get(kind, namespace, name) {
            self.touched.by(before, &self.snapshot);
        }
        self.has_news |= self.snapshot.remove(kind, namespace, name);
    }

    /// The snapshot as of now, and whether it is complete.
    pub fn snapshot(&self) -> (Snapshot, bool) {
        let complete = self.waiting_for.is_empty() && self.snapshot.server_version.is_some();
        (self.snapshot.clone(), complete)
    }

    /// Whether the snapshot says more than when this was last asked.
    pub fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.has_news)
    }

    /// What was touched since this was last asked; everything, the first time.
    pub fn take_touched(&mut self) -> Touched {
        std::mem::take(&mut self.touched)
    }
}

fn identity(object: Object<'_>) -> (String, String) {
    (object.namespace().to_owned(), object.name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::json;
    use crate::reconcile::ledger::Ledger;

    impl Store {
        fn list(&mut self, kind: Kind, documents: impl IntoIterator<Item = Document>) {
            self.apply(Event::Listing(kind));
            documents.into_iter().for_each(|document| self.apply(Event::Applied(kind, document)));
            self.apply(Event::Listed(kind));
        }
    }

    fn service(name: &str) -> Document {
        json::parse(&format!(r#"{{"metadata":{{"namespace":"a","name":"{name}"}},"spec":{{}}}}"#)).unwrap()
    }

    #[test]
    fn a_list_replaces_what_was_known() {
        let mut store = Store::new([Kind::Service]);
        store.apply(Event::Version("v1.36.3".to_owned()));
        assert!(!store.snapshot().1);
        store.list(Kind::Service, [service("x"), service("y")]);
        store.apply(Event::Applied(Kind::Service, service("z")));
        assert!(store.snapshot().1);
        assert_eq!(store.snapshot().0.count(Kind::Service), 3);
        store.list(Kind::Service, [service("y")]);
        let (snapshot, _) = store.snapshot();
        assert!(matches!(snapshot.get(Kind::Service, "a", "x"), Lookup::Absent));
        let Lookup::Found(object) = snapshot.get(Kind::Service, "a", "y") else { panic!("y is gone") };
        assert_eq!((object.kind_name(), object.api_version()), ("Service", "v1"));
    }

    #[test]
    fn a_list_that_breaks_off_begins_again() {
        let mut store = Store::new([Kind::Service]);
        store.list(Kind::Service, ["x", "y", "z"].map(service));
        store.take_news();
        store.apply(Event::Listing(Kind::Service));
        store.apply(Event::Applied(Kind::Service, service("x")));
        assert!(!store.take_news(), "x is as it was");
        store.apply(Event::Applied(Kind::Service, service("new")));
        assert!(store.take_news());
        store.list(Kind::Service, ["y", "z"].map(service));
        assert!(store.take_news());
        assert_eq!(store.snapshot().0.count(Kind::Service), 2);
    }

    #[test]
    fn a_first_list_is_news_when_it_is_complete() {
        let mut store = Store::new([Kind::Service]);
        assert!(store.take_news());
        store.apply(Event::Listing(Kind::Service));
        store.apply(Event::Applied(Kind::Service, service("x")));
        assert!(!store.take_news());
        store.apply(Event::Listed(Kind::Service));
        assert!(store.take_news() && store.take_touched().is_everything());
        store.apply(Event::Version("v1.36.3".to_owned()));
        assert!(store.take_news());
        store.apply(Event::Version("v1.36.3".to_owned()));
        assert!(!store.take_news());
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
        store.list(Kind::Service, []);
        assert!(store.take_touched().is_everything());
        store.apply(Event::Applied(Kind::Service, service("x")));
        assert_eq!(names(&mut store), ["x", "x"]);
        store.apply(Event::Applied(Kind::Service, service("x")));
        store.list(Kind::Service, [service("x")]);
        assert!(store.take_touched().is_empty());
        store.list(Kind::Service, []);
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
        objects.iter().map(|subject| subject.id().name).collect()
    }
}
