//! What a change can touch: the objects whose findings may differ because of it. Pure.
//!
//! `tests/doors.rs` takes every object of every case away and puts it back, and demands that judging what was touched
//! leads to the same findings as judging everything.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ledger::{Id, Ledger};
use crate::facts::ako::l4::may_use_l4_rule;
use crate::facts::ako::vip::SETTING_ANNOTATION;
use crate::model::{Kind, Lookup, Node, Object, Snapshot, Stored};
use crate::rules;

/// A set of objects, some of them named by what they have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    /// One object.
    Object(Id),
    /// What a Namespace holds.
    Namespace(String),
    /// The users of an `AviInfraSetting`.
    Setting(String),
    /// The Services that name an L4Rule, by its namespace and name.
    L4Rule(String, String),
    /// Every object of a kind.
    Kind(Kind),
}

/// An object to judge. There may be very many, so none is named that is at hand.
#[derive(Clone, Debug)]
pub enum Subject {
    /// One that existed when it was looked for.
    Stored(Arc<Stored>),
    /// One that may exist no more.
    Named(Box<Id>),
}

impl Subject {
    /// Its identity.
    pub fn id(&self) -> Id {
        match self {
            Self::Stored(stored) => {
                let object = stored.object();
                Id::new(stored.kind(), object.namespace(), object.name())
            }
            Self::Named(id) => (**id).clone(),
        }
    }
}

/// Objects to judge again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    everything: bool,
    scopes: BTreeSet<Scope>,
}

impl Touched {
    /// Everything there is.
    pub fn everything() -> Self {
        Self { everything: true, scopes: BTreeSet::new() }
    }

    /// Whether it is everything there is.
    pub fn is_everything(&self) -> bool {
        self.everything
    }

    /// Whether there is nothing to judge.
    pub fn is_empty(&self) -> bool {
        !self.everything && self.scopes.is_empty()
    }

    /// How much there is to judge: objects, and groups of them.
    pub fn len(&self) -> usize {
        self.scopes.len() + usize::from(self.everything)
    }

    /// Adds what another holds.
    pub fn merge(&mut self, other: Self) {
        self.everything |= other.everything;
        if self.everything {
            self.scopes.clear();
        } else {
            self.scopes.extend(other.scopes);
        }
    }

    fn add(&mut self, scope: Scope) {
        if !self.everything {
            self.scopes.insert(scope);
        }
    }

    /// Adds what a change of `object` can touch, which came or went. Whoever replaces an object calls this for the
    /// old and for the new one.
    pub fn by(&mut self, object: Object<'_>, snapshot: &Snapshot) {
        if self.everything {
            return;
        }
        let (Some(kind), namespace, name) = (object.kind(), object.namespace(), object.name()) else {
            return;
        };
        self.add(Scope::Object(Id::new(kind, namespace, name)));
        match kind {
            // its families are the cluster's
            Kind::Service if (namespace, name) == ("default", "kubernetes") => *self = Self::everything(),
            Kind::Service => {
                self.pools_of(namespace, name, snapshot);
                for ingress in snapshot.ingresses_of(namespace, name) {
                    self.add(Scope::Object(Id::new(Kind::Ingress, namespace, ingress.name())));
                }
            }
            Kind::Ingress => {
                for service in object.backends().map(Node::text) {
                    self.add(Scope::Object(Id::new(Kind::Service, namespace, service)));
                    self.pools_of(namespace, service, snapshot);
                }
            }
            Kind::Namespace => self.add(Scope::Namespace(name.to_owned())),
            Kind::L4Rule => self.add(Scope::L4Rule(namespace.to_owned(), name.to_owned())),
            Kind::AviInfraSetting => self.add(Scope::Setting(name.to_owned())),
            _ => {
                let readers = rules::all().filter(|rule| rule.reads.contains(&kind));
                for reader in readers.flat_map(|rule| rule.applies_to) {
                    self.add(Scope::Kind(*reader));
                }
            }
        }
    }

    fn pools_of(&mut self, namespace: &str, service: &str, snapshot: &Snapshot) {
        self.add(Scope::Object(Id::new(Kind::Endpoints, namespace, service)));
        for slice in snapshot.slices_of(namespace, service) {
            self.add(Scope::Object(Id::new(Kind::EndpointSlice, namespace, slice.name())));
        }
    }

    /// The objects to judge: those that exist, and those that had findings and may exist no more.
    pub fn objects(&self, snapshot: &Snapshot, ledger: &Ledger) -> Vec<Subject> {
        let mut kinds: BTreeSet<Kind> =
            if self.everything { judged_kinds().collect() } else { BTreeSet::new() };
        let mut found = BTreeSet::new();
        for scope in &self.scopes {
            match scope {
                Scope::Object(id) => {
                    found.insert(id.clone());
                }
                Scope::Namespace(namespace) => {
                    found.extend(ledger.within(namespace).filter_map(super::ledger::Entry::id));
                    judged_kinds()
                        .for_each(|kind| found.extend(snapshot.within(kind, namespace).filter_map(id)));
                }
                Scope::Kind(kind) => {
                    kinds.insert(*kind);
                }
                Scope::Setting(name) => found.extend(users(snapshot, name)),
                Scope::L4Rule(namespace, name) => {
                    let services = snapshot.all(Kind::Service);
                    let services = services.filter(|service| may_use_l4_rule(*service, namespace, name));
                    found.extend(services.filter_map(id));
                }
            }
        }
        let is_gone = |id: &&Id| !matches!(snapshot.get(id.kind, &id.namespace, &id.name), Lookup::Found(_));
        // when everything is judged, also what is of a kind that rules judge no more
        let is_meant = |id: &&Id| self.everything || kinds.contains(&id.kind);
        let gone = ledger.ids().filter(is_meant).filter(is_gone).cloned();
        let rest = found.into_iter().filter(|id| !kinds.contains(&id.kind)).chain(gone);
        let stored = kinds.iter().flat_map(|kind| snapshot.stored(*kind));
        let stored = stored.map(|stored| Subject::Stored(Arc::clone(stored)));
        stored.chain(rest.map(|id| Subject::Named(Box::new(id)))).collect()
    }
}

/// The kinds that rules judge.
fn judged_kinds() -> impl Iterator<Item = Kind> {
    Kind::ALL.iter().copied().filter(|kind| !rules::of_kind(*kind).is_empty())
}

fn id(object: Object<'_>) -> Option<Id> {
    Some(Id::new(object.kind()?, object.namespace(), object.name()))
}

/// The objects that select an `AviInfraSetting`: by annotation, by their Namespace's, or by class (ako.md 4.4).
fn users(snapshot: &Snapshot, setting: &str) -> Vec<Id> {
    let selects = |object: &Object<'_>| object.annotation(SETTING_ANNOTATION).text() == setting;
    let mut found = Vec::new();
    for kind in [Kind::Service, Kind::Route] {
        found.extend(snapshot.all(kind).filter(selects).filter_map(id));
    }
    for namespace in snapshot.all(Kind::Namespace).filter(selects) {
        for kind in [Kind::Service, Kind::Ingress, Kind::Route] {
            found.extend(snapshot.within(kind, namespace.name()).filter_map(id));
        }
    }
    let is_class = |name: &str| match snapshot.get(Kind::IngressClass, "", name) {
        Lookup::Found(class) => class.spec().at("parameters").at("name").text() == setting,
        // an Ingress of the default class names none
        _ => name.is_empty(),
    };
    let ingresses = snapshot.all(Kind::Ingress);
    found.extend(ingresses.filter(|i| is_class(i.spec().at("ingressClassName").text())).filter_map(id));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{json, manifest};

    fn snapshot(objects: &[&str]) -> Snapshot {
        let mut snapshot = Snapshot::complete();
        for text in objects {
            snapshot.insert(manifest::object(json::parse(text).unwrap(), "", None).unwrap());
        }
        snapshot
    }

    fn touched(snapshot: &Snapshot, kind: Kind, namespace: &str, name: &str) -> Vec<String> {
        let Lookup::Found(object) = snapshot.get(kind, namespace, name) else { panic!("no {name}") };
        let mut touched = Touched::default();
        touched.by(object, snapshot);
        let objects = touched.objects(snapshot, &Ledger::default());
        let ids = objects.iter().map(Subject::id);
        ids.map(|id| format!("{} {}/{}", id.kind.name(), id.namespace, id.name)).collect()
    }

    #[test]
    fn a_change_touches_its_neighbours_and_nothing_else() {
        let service = |name: &str, annotations: &str| {
            format!(
                r#"{{"apiVersion":"v1","kind":"Service","metadata":{{"namespace":"a","name":"{name}","annotations":{annotations}}},"spec":{{}}}}"#
            )
        };
        let setting = format!(r#"{{"{SETTING_ANNOTATION}":"gold"}}"#);
        let snapshot = snapshot(&[
            &service("web", "{}"),
            &service("api", &setting),
            r#"{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"namespace":"a","name":"i"},
                "spec":{"ingressClassName":"other","rules":[{"http":{"paths":[{"backend":{"service":{"name":"web"}}}]}}]}}"#,
            r#"{"apiVersion":"ako.vmware.com/v1beta1","kind":"AviInfraSetting","metadata":{"name":"gold"}}"#,
            r#"{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"namespace":"a","name":"web-1",
                "labels":{"kubernetes.io/service-name":"web"}}}"#,
            r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"}}"#,
        ]);
        let web = ["EndpointSlice a/web-1", "Endpoints a/web", "Ingress a/i", "Service a/web"];
        assert_eq!(touched(&snapshot, Kind::Service, "a", "web"), web);
        assert_eq!(touched(&snapshot, Kind::Ingress, "a", "i"), web);
        assert_eq!(touched(&snapshot, Kind::Node, "", "n"), ["Node /n"]);
        assert_eq!(
            touched(&snapshot, Kind::AviInfraSetting, "", "gold"),
            ["AviInfraSetting /gold", "Service a/api"]
        );
    }

    #[test]
    fn everything_swallows_the_rest() {
        let mut touched = Touched::default();
        touched.add(Scope::Kind(Kind::Node));
        touched.merge(Touched::everything());
        touched.add(Scope::Kind(Kind::Service));
        assert_eq!((touched.len(), touched), (1, Touched::everything()));
    }
}
