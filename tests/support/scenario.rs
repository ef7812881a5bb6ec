//! Scenarios that the real AKO was run on: a configuration, the objects of a cluster, and what was observed.

use std::fs;

use ako_gate::decode::{manifest, yaml};
use ako_gate::facts::profile;
use ako_gate::model::{Document, Node, Profile, Snapshot, Source, Stated};
use ako_gate::plan::ako::{Only, Plan};
use serde_json::Value;

use super::control_plane::root;
use super::json::value;

/// A scenario under one of the releases it was seen on.
pub struct Scenario {
    pub name: String,
    pub profile: Profile,
    pub snapshot: Snapshot,
    pub observed: Value,
}

impl Scenario {
    /// What is planned for it.
    pub fn plan(&self) -> Plan {
        Plan::of(&self.snapshot, &self.profile, Only::default()).unwrap()
    }
}

/// Every scenario of `tests/oracle`, once for each release, in the order of names.
pub fn all() -> Vec<Scenario> {
    let mut paths: Vec<_> =
        fs::read_dir(root().join("tests/oracle")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path| yaml::parse_one(&fs::read_to_string(path).unwrap()).unwrap();
    paths.iter().map(read).flat_map(|document| of(&document)).collect()
}

fn of(document: &Document) -> Vec<Scenario> {
    let root = Node::root(document);
    let mut snapshot = Snapshot::complete();
    let objects = root.at("objects").items().chain(root.at("objectsAfterBoot").items());
    for node in std::iter::once(root.at("config")).chain(objects) {
        snapshot.insert(manifest::detach(document, node, "values.yaml").unwrap());
    }
    let scenario = |release: Node<'_>| {
        let mut stated = Stated::default();
        let mut state = |key, value: &str| stated.state(key, value, Source::Flag).unwrap();
        state("ako", release.text());
        let controller = root.at("controller");
        state("akoCloud", controller.at("cloudType").text());
        if let Some(zone) = controller.at("transportZone").as_str() {
            state("transportZone", zone);
        }
        if root.at("routeApiPresent").as_bool() == Some(true) {
            state("platform", "openshift");
        }
        Scenario {
            name: format!("{} ({})", root.at("name").text(), release.text()),
            profile: profile::resolve(&stated, &snapshot, None),
            snapshot: snapshot.clone(),
            observed: value(root.at("observed")),
        }
    };
    root.at("release").items().map(scenario).collect()
}
