//! A small world to ask questions of: what was stated, what exists, and the object the question is about.

use ako_gate::decode::{manifest, yaml};
use ako_gate::facts::ako::config::Config;
use ako_gate::facts::{Unknown, View, profile};
use ako_gate::model::{Kind, Node, Object, Profile, Seen, Snapshot, Source, Stated, Stored};

/// What a question is asked of.
pub(crate) struct World {
    pub(crate) stated: Stated,
    pub(crate) snapshot: Snapshot,
    subject: Stored,
}

/// The objects of a YAML text.
pub(crate) fn objects(text: &str) -> Vec<Stored> {
    let documents = yaml::parse(text).into_iter().map(Result::unwrap);
    documents.filter_map(|doc| manifest::detach(&doc, Node::root(&doc), "values.yaml")).collect()
}

/// What is stated by `KEY=VALUE` entries separated by blanks.
pub(crate) fn stated(pairs: &str, from: Source) -> Stated {
    let mut stated = Stated::default();
    for pair in pairs.split_whitespace() {
        stated.state_pair(pair, from).unwrap();
    }
    stated
}

impl World {
    /// A world in which everything was looked at: `texts` hold one object each, the first one is the subject.
    pub(crate) fn new(pairs: &str, texts: &[&str]) -> Self {
        let mut stored = texts.iter().flat_map(|text| objects(text));
        let subject = stored.next().unwrap();
        let mut snapshot = Snapshot::complete();
        stored.for_each(|stored| snapshot.insert(stored));
        Self { stated: stated(pairs, Source::Flag), snapshot, subject }
    }

    /// The same world, of which nobody looked at objects of these kinds.
    pub(crate) fn without(mut self, kinds: &[Kind]) -> Self {
        for kind in kinds {
            self.snapshot.mark(*kind, Seen::NotLookedAt);
        }
        self
    }

    pub(crate) fn profile(&self) -> Profile {
        profile::resolve(&self.stated, &self.snapshot, Some(self.subject.object()))
    }

    /// Asks a question about the subject.
    pub(crate) fn ask<T>(&self, question: impl for<'a> FnOnce(&View<'a>, Object<'a>) -> T) -> T {
        let profile = self.profile();
        let view = View::new(&self.snapshot, self.subject.object(), None, &profile, &|| true);
        question(&view, self.subject.object())
    }

    /// Asks the configuration, which must be the subject.
    pub(crate) fn config<T>(&self, question: impl FnOnce(&Config<'_>) -> T) -> T {
        question(&Config::of(self.subject.object(), &self.profile().ako_namespace.value).unwrap())
    }
}

/// AKO's ConfigMap with this data.
pub(crate) fn config(data: &str) -> String {
    let metadata = "{name: avi-k8s-config, namespace: avi-system}";
    format!("{{apiVersion: v1, kind: ConfigMap, metadata: {metadata}, data: {{{data}}}}}")
}

/// Service shop/web with these annotations and this specification.
pub(crate) fn service(annotations: &str, spec: &str) -> String {
    let metadata = format!("{{name: web, namespace: shop, annotations: {{{annotations}}}}}");
    format!("{{apiVersion: v1, kind: Service, metadata: {metadata}, spec: {{{spec}}}}}")
}

/// Namespace shop with this metadata beside its name.
pub(crate) fn namespace(metadata: &str) -> String {
    format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: shop, {metadata}}}}}")
}

/// An `AviInfraSetting` with these VIP networks.
pub(crate) fn setting(name: &str, networks: &str, status: &str) -> String {
    format!(
        "{{apiVersion: ako.vmware.com/v1beta1, kind: AviInfraSetting, metadata: {{name: {name}}}, \
         spec: {{network: {{vipNetworks: [{networks}]}}}}, status: {{{status}}}}}"
    )
}

/// An `IngressClass` with these annotations and this specification.
pub(crate) fn ingress_class(name: &str, annotations: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: networking.k8s.io/v1, kind: IngressClass, \
         metadata: {{name: {name}, annotations: {{{annotations}}}}}, spec: {{{spec}}}}}"
    )
}

/// Ingress shop/web with these annotations and this specification.
pub(crate) fn ingress(annotations: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: networking.k8s.io/v1, kind: Ingress, \
         metadata: {{name: web, namespace: shop, annotations: {{{annotations}}}}}, spec: {{{spec}}}}}"
    )
}

/// An answer in words; `unknown` when an input is missing.
pub(crate) fn words<T: ToString>(answer: Result<T, Unknown>) -> String {
    answer.map_or("unknown".to_owned(), |answer| answer.to_string())
}

/// Collects the rows of a table that come out otherwise than they should.
#[derive(Default)]
pub(crate) struct Table(Vec<String>);

impl Table {
    pub(crate) fn row(&mut self, row: &str, wanted: &str, found: &str) {
        if wanted != found {
            self.0.push(format!("{row}\n    wanted {wanted}, found {found}"));
        }
    }

    pub(crate) fn check(&self) {
        assert!(self.0.is_empty(), "{}", self.0.join("\n"));
    }
}
