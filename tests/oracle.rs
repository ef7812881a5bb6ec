//! The real AKO as an oracle: what it was seen to program, scenario by scenario, against what is planned.
//!
//! Every scenario of `tests/oracle` holds a configuration, the objects of a cluster, and what the compiled AKO of one
//! or two releases sent to a mocked controller. Order counts nowhere: AKO's own is that of Go's maps.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::collections::BTreeSet;
use std::fs;

use ako_gate::decode::{manifest, yaml};
use ako_gate::facts::profile;
use ako_gate::model::{Document, Node, Profile, Snapshot, Source, Stated};
use ako_gate::plan::ako::{Only, Plan};
use ako_gate::report::plan::ako;
use serde_json::Value;
use support::control_plane::root;
use support::json::value;

/// A scenario under one of the releases it was seen on.
struct Scenario {
    name: String,
    profile: Profile,
    snapshot: Snapshot,
    observed: Value,
}

fn scenarios() -> Vec<Scenario> {
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

/// The entries of a list, each cut down to these keys, in no order.
fn entries(list: &Value, keys: &[&str]) -> BTreeSet<String> {
    let cut = |entry: &Value| {
        let parts: Vec<String> = keys.iter().map(|key| format!("{key} {}", unordered(&entry[key]))).collect();
        parts.join(", ")
    };
    list.as_array().unwrap().iter().map(cut).collect()
}

/// A value with its lists sorted, the lists of servers without what only one side says of them.
fn unordered(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let mut items: Vec<String> = items.iter().map(unordered).collect();
            items.sort();
            format!("[{}]", items.join("; "))
        }
        Value::Object(map) => {
            let only_ours = ["node", "enabled", "routed", "networks", "origin"];
            let entries = map.iter().filter(|(key, _)| !only_ours.contains(&key.as_str()));
            let entries: Vec<String> =
                entries.map(|(key, value)| format!("{key}: {}", unordered(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        value => value.to_string(),
    }
}

/// Where a plan is not what was observed.
fn differences(planned: &Value, observed: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    for key in ["configAccepted", "ipFamilyEffective", "rejectedBecause"] {
        if planned[key] != observed[key] {
            differences.push(format!("{key}: observed {}, planned {}", observed[key], planned[key]));
        }
    }
    if planned["crash"].is_null() != observed["crash"].is_null() {
        differences.push(format!("crash: observed {}, planned {}", observed["crash"], planned["crash"]));
    }
    let lists: [(&str, &[&str]); 3] = [
        ("virtualServices", &["name", "layer", "vip"]),
        ("pools", &["name", "servers"]),
        ("staticRoutes", &["prefix", "nextHop"]),
    ];
    for (list, keys) in lists {
        let (planned, observed) = (entries(&planned[list], keys), entries(&observed[list], keys));
        differences.extend(observed.difference(&planned).map(|missing| format!("{list}: missing {missing}")));
        differences.extend(planned.difference(&observed).map(|surplus| format!("{list}: surplus {surplus}")));
    }
    differences
}

#[test]
fn every_scenario_is_planned_as_it_was_observed() {
    let scenarios = scenarios();
    assert!(scenarios.len() > 198, "{} scenarios", scenarios.len());
    let mut failures = Vec::new();
    for scenario in &scenarios {
        let plan = Plan::of(&scenario.snapshot, &scenario.profile, Only::default()).unwrap();
        let planned = serde_json::to_value(ako::Document::from(&plan)).unwrap();
        let differences = differences(&planned, &scenario.observed);
        if !differences.is_empty() {
            failures.push(format!("{}\n    {}", scenario.name, differences.join("\n    ")));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), scenarios.len(), failures.join("\n"));
}

#[test]
fn what_differs_from_what_was_observed_is_told() {
    let mut seen = 0;
    for scenario in scenarios() {
        let plan = Plan::of(&scenario.snapshot, &scenario.profile, Only::default()).unwrap();
        let mut changed = Vec::new();
        for pool in 0..plan.pools.len() {
            let mut without = plan.clone();
            if without.pools[pool].servers.pop().is_some() {
                changed.push(without);
            }
        }
        if !plan.virtual_services.is_empty() {
            let mut without = plan.clone();
            without.virtual_services.pop();
            changed.push(without);
        }
        if plan.routes().next().is_some() {
            let mut without = plan.clone();
            without.nodes.iter_mut().for_each(|node| node.routes.clear());
            changed.push(without);
        }
        for plan in changed {
            let planned = serde_json::to_value(ako::Document::from(&plan)).unwrap();
            assert!(!differences(&planned, &scenario.observed).is_empty(), "{}", scenario.name);
            seen += 1;
        }
    }
    assert!(seen > 500, "{seen}");
}
