//! What is known, with the object under judgement in its place.

use std::cell::{Cell, OnceCell};

use super::ako::config::Config;
use super::ako::handled::Handled;
use super::ako::pool::PoolSource;
use super::ako::written::Written;
use super::service::ServiceFamilies;
use super::service::resolution::FamilyFault;
use crate::model::{Families, Kind, Lookup, Node, Object, Profile, Seen, Snapshot};

/// An input that is missing: a question could be answered neither yes nor no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown(pub String);

impl Unknown {
    /// Objects of `kind` were not looked at.
    pub fn kind(kind: Kind) -> Self {
        Self(format!("needs {} objects", kind.name()))
    }

    /// The cloud was not declared.
    pub fn cloud() -> Self {
        Self("needs the cloud AKO works with; pass --profile akoCloud=CLOUD_...".to_owned())
    }
}

/// Look-ups in a snapshot that see the subject instead of the stored object of the same identity.
pub struct View<'a> {
    snapshot: &'a Snapshot,
    subject: Object<'a>,
    /// The object as it is now, on an update.
    pub old: Option<Object<'a>>,
    /// The environment.
    pub profile: &'a Profile,
    config: OnceCell<Result<Option<Config<'a>>, Unknown>>,
    // what nearly every rule about Services or configurations asks of the subject is worked out once for all of them
    pub(super) written: OnceCell<Option<Written<'a>>>,
    pub(super) handled: OnceCell<Result<Handled, Unknown>>,
    pub(super) pool_source: OnceCell<Result<PoolSource, Unknown>>,
    pub(super) config_vip_families: OnceCell<Result<Families, Unknown>>,
    pub(super) service_families: OnceCell<ServiceFamilies<'a>>,
    pub(super) family_fault: OnceCell<Option<FamilyFault<'a>>>,
    pub(super) is_settled: OnceCell<bool>,
    pub(super) service_type: OnceCell<&'a str>,
    pub(super) cluster_ips: OnceCell<Vec<&'a str>>,
    consulted: Cell<u64>,
    within_budget: &'a dyn Fn() -> bool,
}

impl<'a> View<'a> {
    /// A view of `snapshot` with `subject`, which replaces `old`, in its place. `within_budget` says whether questions about many
    /// objects may go on; the pure half has no clock of its own.
    pub fn new(
        snapshot: &'a Snapshot,
        subject: Object<'a>,
        old: Option<Object<'a>>,
        profile: &'a Profile,
        within_budget: &'a dyn Fn() -> bool,
    ) -> Self {
        Self {
            snapshot,
            subject,
            old,
            profile,
            config: OnceCell::new(),
            written: OnceCell::new(),
            handled: OnceCell::new(),
            pool_source: OnceCell::new(),
            config_vip_families: OnceCell::new(),
            service_families: OnceCell::new(),
            family_fault: OnceCell::new(),
            is_settled: OnceCell::new(),
            service_type: OnceCell::new(),
            cluster_ips: OnceCell::new(),
            consulted: Cell::new(0),
            within_budget,
        }
    }

    /// The object under judgement.
    pub fn subject(&self) -> Object<'a> {
        self.subject
    }

    fn consult(&self, kind: Kind) {
        self.consulted.set(self.consulted.get() | 1_u64 << kind.index());
    }

    /// The kinds that were looked up so far.
    pub fn consulted(&self) -> impl Iterator<Item = Kind> {
        let bits = self.consulted.get();
        Kind::ALL.iter().copied().filter(move |kind| bits & (1_u64 << kind.index()) != 0)
    }

    /// Looks an object up; `namespace` is empty for cluster-scoped kinds.
    pub fn find(&self, kind: Kind, namespace: &str, name: &str) -> Result<Option<Object<'a>>, Unknown> {
        self.consult(kind);
        if self.subject.is(kind, namespace, name) {
            return Ok(Some(self.subject));
        }
        match self.snapshot.get(kind, namespace, name) {
            Lookup::Found(object) => Ok(Some(object)),
            Lookup::Absent => Ok(None),
            Lookup::Unknown => Err(Unknown::kind(kind)),
        }
    }

    /// Every object of `kind`, by namespace and name. For kinds of which a cluster has few.
    pub fn all(&self, kind: Kind) -> Vec<Object<'a>> {
        self.consult(kind);
        let stored = self.snapshot.all(kind);
        let subject = self.subject;
        let others = stored.filter(|o| !subject.is(kind, o.namespace(), o.name()));
        let mut objects: Vec<Object<'a>> = others.collect();
        if subject.kind() == Some(kind) {
            objects.push(subject);
        }
        objects.sort_by(|a, b| (a.namespace(), a.name()).cmp(&(b.namespace(), b.name())));
        objects
    }

    /// Fails unless every object of `kind` has been seen.
    pub fn require(&self, kind: Kind) -> Result<(), Unknown> {
        self.consult(kind);
        match self.snapshot.seen(kind) {
            Seen::Completely => Ok(()),
            Seen::NotLookedAt => Err(Unknown::kind(kind)),
        }
    }

    /// The Ingresses with a rule whose backend is this Service, by name.
    pub fn ingresses_of(&self, service: Object<'a>) -> impl Iterator<Item = Object<'a>> + use<'a> {
        self.consult(Kind::Ingress);
        self.snapshot.ingresses_of(service.namespace(), service.name())
    }

    /// The Services of type `LoadBalancer`, by namespace and name, for as long as the budget lasts.
    ///
    /// The flag set at the end says that the budget ran out before all were seen.
    pub fn load_balancers<'s>(&'s self, cut_short: &'s Cell<bool>) -> impl Iterator<Item = Object<'a>> + 's {
        self.consult(Kind::Service);
        let services = self.snapshot.load_balancers().enumerate();
        services.map_while(|(index, service)| {
            // the clock behind the budget is not free: ask it now and then
            if index % 64 == 63 && !(self.within_budget)() {
                cut_short.set(true);
                return None;
            }
            Some(service)
        })
    }

    /// AKO's configuration: the subject if it is one, else what the cluster or the files hold.
    pub fn config(&self) -> Result<Option<&Config<'a>>, Unknown> {
        let config = self.config.get_or_init(|| self.find_config());
        config.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    fn find_config(&self) -> Result<Option<Config<'a>>, Unknown> {
        let namespace = &self.profile.ako_namespace.value;
        if let Some(config) = Config::of(self.subject, namespace) {
            return Ok(Some(config));
        }
        let find = |namespace: &str| self.find(Kind::ConfigMap, namespace, Config::CONFIG_MAP);
        let config_map = match find(namespace) {
            Ok(None) => find(""),
            found => found,
        };
        if let Ok(Some(object)) = config_map {
            return Ok(Config::of(object, namespace));
        }
        for kind in [Kind::AKOConfig, Kind::HelmValues] {
            if let Some(object) = self.all(kind).first() {
                return Ok(Config::of(*object, namespace));
            }
        }
        config_map?;
        self.require(Kind::AKOConfig)?;
        Ok(None)
    }

    /// A value of AKO's configuration, or what it would be without one.
    pub fn config_or<T>(&self, default: T, value: impl FnOnce(&Config<'a>) -> T) -> Result<T, Unknown> {
        Ok(self.config()?.map_or(default, value))
    }

    /// An absent node, for answers that have none.
    pub fn nowhere(&self) -> Node<'a> {
        self.subject.root().absent()
    }
}
