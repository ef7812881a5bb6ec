//! The webhook configuration: what is asked about, and what happens while nobody answers.

use std::collections::{BTreeMap, BTreeSet};

use ako_gate::facts::ako::controllers::is_cluster_controller;
use ako_gate::model::Kind;
use ako_gate::rules;
use serde_json::{Value, json};

use super::files::{
    Resource, difference, documents, list, namespace, resource, resources, webhook, yaml_files,
};

fn webhook_rules() -> Vec<Value> {
    webhook()["rules"].as_array().cloned().unwrap()
}

#[test]
fn the_webhook_is_called_for_what_rules_judge_and_nothing_else() {
    // there are too many of these, and they change too often: `check` judges them
    let elsewhere = [Kind::Node, Kind::Pod, Kind::EndpointSlice];
    let judged = rules::all().flat_map(|rule| rule.applies_to.iter().copied());
    let judged = judged.filter(|kind| kind.is_served() && !elsewhere.contains(kind));
    let wanted: BTreeSet<Resource> = judged.map(resource).collect();
    let registered: Vec<Resource> = webhook_rules().iter().flat_map(resources).collect();
    let found: BTreeSet<Resource> = registered.iter().cloned().collect();
    assert_eq!(
        found.len(),
        registered.len(),
        "manifests/webhook.yaml names a resource twice: {registered:?}"
    );
    assert!(found == wanted, "in the rules of manifests/webhook.yaml: {}", difference(&wanted, &found));
}

#[test]
fn the_webhook_sees_creations_and_updates_of_whole_objects() {
    for rule in webhook_rules() {
        assert_eq!(rule["operations"], json!(["CREATE", "UPDATE"]), "a deletion is never refused: {rule}");
        let names = ["apiGroups", "apiVersions", "resources"].map(|key| list(&rule[key]));
        for name in names.iter().flatten() {
            assert!(!name.contains(['*', '/']), "write out what is meant, without subresources: {rule}");
        }
    }
}

#[test]
fn the_webhook_names_versions_that_are_served() {
    let mut served: BTreeMap<Resource, BTreeSet<String>> = BTreeMap::new();
    for folder in ["tests/crds", "tests/crds/openshift"] {
        for name in yaml_files(folder) {
            for crd in documents(&format!("{folder}/{name}")) {
                let spec = &crd["spec"];
                let key = ["group", "plural"].map(|key| {
                    let value = if key == "plural" { &spec["names"][key] } else { &spec[key] };
                    value.as_str().unwrap().to_owned()
                });
                let versions = spec["versions"].as_array().unwrap().iter();
                let versions = versions.filter(|version| version["served"] == true);
                let names = versions.map(|version| version["name"].as_str().unwrap().to_owned());
                served.insert(key.into(), names.collect());
            }
        }
    }
    for rule in webhook_rules() {
        let named: BTreeSet<String> = list(&rule["apiVersions"]).into_iter().map(str::to_owned).collect();
        for resource in resources(&rule) {
            let built_in: BTreeSet<String> = BTreeSet::from(["v1".to_owned()]);
            let wanted = served.get(&resource).unwrap_or(&built_in);
            assert!(
                &named == wanted,
                "{resource:?} is served as {wanted:?}: give it a rule with these versions"
            );
        }
    }
}

#[test]
fn the_webhook_can_neither_stop_nor_slow_the_cluster() {
    let webhook = webhook();
    assert_eq!(webhook["name"], "validate.ako-gate.svc");
    assert_eq!(webhook["failurePolicy"], "Ignore", "a gate that is down must not stop the cluster");
    let seconds = webhook["timeoutSeconds"].as_u64().unwrap();
    assert!((1..=3).contains(&seconds), "timeoutSeconds must be 3 or less");
    assert_eq!(webhook["sideEffects"], "None", "otherwise dry runs are refused");
    assert_eq!(webhook["matchPolicy"], "Equivalent", "otherwise another version of an API slips through");
    assert_eq!(webhook["admissionReviewVersions"], json!(["v1", "v1beta1"]));
    assert_eq!(webhook["clientConfig"].get("caBundle"), None, "the gate fills it in");
    let excluded = json!([{
        "key": "kubernetes.io/metadata.name",
        "operator": "NotIn",
        "values": ["kube-system", namespace()],
    }]);
    assert_eq!(webhook["namespaceSelector"]["matchExpressions"], excluded);
}

/// Each condition lets every other resource pass, and names users that the gate itself lets pass.
#[test]
fn the_match_conditions_are_those_the_gate_repeats() {
    let conditions = webhook()["matchConditions"].as_array().cloned().unwrap();
    let expression = |name: &str| {
        let found = conditions.iter().find(|condition| condition["name"] == name);
        let found = found.unwrap_or_else(|| panic!("manifests/webhook.yaml: add the condition {name}"));
        found["expression"].as_str().unwrap().to_owned()
    };
    let narrowed = [
        ("only-ako-configmap", Kind::ConfigMap),
        ("only-ako-statefulset", Kind::StatefulSet),
        ("only-hand-made-endpoints", Kind::Endpoints),
    ];
    for (name, kind) in narrowed {
        let others = format!(
            "request.resource.group != '{}' || request.resource.resource != '{}' ||",
            kind.group(),
            kind.plural()
        );
        assert!(expression(name).starts_with(&others), "{name}: begin it with {others}");
    }
    assert_eq!(
        conditions.len(),
        narrowed.len(),
        "repeat a new condition in src/webhook/conditions.rs, and here"
    );
    let endpoints = expression("only-hand-made-endpoints");
    let users: Vec<&str> = endpoints.split('\'').filter(|part| part.starts_with("system:")).collect();
    assert!(!users.is_empty());
    for user in users {
        assert!(
            is_cluster_controller(user),
            "{user} is none of the controllers in src/facts/ako/controllers.rs"
        );
    }
}
