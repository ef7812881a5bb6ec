//! The real AKO as an oracle: what it was seen to program, scenario by scenario, against what is planned.
//!
//! Every scenario of `tests/oracle` holds a configuration, the objects of a cluster, and what the compiled AKO of one
//! or two releases sent to a mocked controller. Order counts nowhere: AKO's own is that of Go's maps.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::collections::BTreeSet;

use ako_gate::decode::manifest;
use ako_gate::facts::ako::era::Era;
use ako_gate::model::{Kind, Snapshot};
use ako_gate::plan::ako::change::Change;
use ako_gate::plan::ako::{Only, Plan};
use ako_gate::report::plan::ako;
use serde_json::Value;
use support::json::value;
use support::mutate;
use support::scenario::all as scenarios;

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
    let lists: [(&str, &[&str]); 5] = [
        ("virtualServices", &["name", "layer", "vip"]),
        ("pools", &["name", "servers"]),
        ("staticRoutes", &["prefix", "nextHop"]),
        ("statusFamilies", &["object", "families"]),
        ("aviInfraSettings", &["name", "status"]),
    ];
    // the status of an object, or of a setting, was not looked at everywhere
    for (list, keys) in lists.into_iter().filter(|(list, _)| observed[*list].is_array()) {
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
        let plan = scenario.plan();
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
        let plan = scenario.plan();
        let mut changed = Vec::new();
        for pool in 0..plan.pools.len() {
            let mut without = plan.clone();
            let servers = &mut without.pools[pool].servers;
            if let Some((_, others)) = servers.split_last() {
                *servers = others.into();
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

#[test]
fn one_family_fills_a_pool_where_there_is_no_other() {
    for scenario in scenarios().iter().filter(|s| Era::of(s.profile.ako.value) < Era::DualStack) {
        let plan = scenario.plan();
        assert!(plan.pools.iter().all(|pool| !pool.families().is_dual()), "{}", scenario.name);
    }
}

#[test]
fn the_order_of_inputs_counts_for_nothing() {
    for scenario in scenarios() {
        let objects = Kind::ALL.iter().flat_map(|kind| scenario.snapshot.all(*kind));
        let mut texts: Vec<String> = objects.map(|object| value(object.root()).to_string()).collect();
        texts.sort();
        for round in 0..3 {
            let mut snapshot = Snapshot::complete();
            let count = texts.len();
            for index in 0..count {
                let text = &texts[(index * 7 + round) % count];
                let document = ako_gate::decode::json::parse(text).unwrap();
                snapshot.insert(manifest::object(document, "values.yaml", None).unwrap());
            }
            if !count.is_multiple_of(7) {
                let again = Plan::of(&snapshot, &scenario.profile, Only::default()).unwrap();
                assert_eq!(again, scenario.plan(), "{}", scenario.name);
            }
        }
    }
}

#[test]
fn a_change_to_the_same_changes_nothing_and_a_change_back_mirrors_it() {
    let scenarios = scenarios();
    for pair in scenarios.windows(2) {
        let (a, b) = (pair[0].plan(), pair[1].plan());
        assert!(Change::between(&a, &a).is_empty(), "{}", pair[0].name);
        assert!(Change::between(&a, &a).worse().is_empty(), "{}", pair[0].name);
        let (there, back) = (Change::between(&a, &b), Change::between(&b, &a));
        assert_eq!(there.routes_lost, back.routes_gained);
        assert_eq!(there.routes_gained, back.routes_lost);
        assert_eq!(there.left_out_before, back.left_out_after);
        assert_eq!(there.virtual_services.len(), back.virtual_services.len());
        for (there, back) in there.virtual_services.iter().zip(&back.virtual_services) {
            assert_eq!((there.before, there.after), (back.after, back.before));
        }
        assert_eq!(there.pools.len(), back.pools.len());
        for ((_, there), (_, back)) in there.pools.iter().zip(&back.pools) {
            assert_eq!((there.before, there.after), (back.after, back.before));
        }
    }
}

#[test]
fn one_service_is_planned_as_it_is_among_all() {
    for scenario in scenarios() {
        let whole = scenario.plan();
        for service in scenario.snapshot.all(Kind::Service) {
            let only = Only { service: Some((service.namespace(), service.name())) };
            let one = Plan::of(&scenario.snapshot, &scenario.profile, only).unwrap();
            let name = format!("{}/{}", service.namespace(), service.name());
            let pools: Vec<_> = whole.pools.iter().filter(|pool| pool.service == name).collect();
            if whole.crash.is_none() {
                assert_eq!(one.pools.iter().collect::<Vec<_>>(), pools, "{} {name}", scenario.name);
            }
        }
    }
}

/// No object, whatever it lacks or holds instead, makes the derivation panic.
#[test]
fn mutilated_objects_are_planned() {
    let mut planned = 0;
    for (turn, scenario) in scenarios().iter().enumerate().filter(|(turn, _)| turn % 9 == 0) {
        for object in Kind::ALL.iter().flat_map(|kind| scenario.snapshot.all(*kind)) {
            let json = value(object.root());
            for (index, place) in mutate::places(&json).iter().enumerate() {
                let mutant = mutate::mutant(&json, place, (index + turn) % mutate::KINDS);
                let Ok(document) = ako_gate::decode::json::parse(&mutant.text) else { continue };
                let Some(stored) = manifest::object(document, "values.yaml", None) else { continue };
                let mut snapshot = scenario.snapshot.clone();
                snapshot.insert(stored);
                planned += usize::from(Plan::of(&snapshot, &scenario.profile, Only::default()).is_some());
            }
        }
    }
    assert!(planned > 5_000, "{planned}");
}
