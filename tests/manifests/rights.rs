//! What the gate may do: neither more nor less than it does.

use std::collections::{BTreeMap, BTreeSet};

use ako_gate::reconcile::target::{TARGETS, Target};
use ako_gate::reconcile::watch;
use ako_gate::webhook::secret;
use serde_json::{Value, json};

use super::files::{Resource, difference, documents, list, namespace, pod, resource, resources};

fn rbac(kind: &str) -> Value {
    let documents = documents("manifests/base/rbac.yaml");
    let kinds: Vec<&str> = documents.iter().filter_map(|document| document["kind"].as_str()).collect();
    assert_eq!(
        kinds,
        ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
        "the gate needs no other right"
    );
    documents.into_iter().find(|document| document["kind"] == kind).unwrap()
}

/// What the gate writes about what it finds, and what it may do there.
fn published() -> BTreeMap<Resource, Value> {
    let reports = TARGETS.iter().flat_map(|target| {
        [target.namespaced, target.clusterwide].map(|kind| {
            ((target.group.to_owned(), Target::plural(kind)), json!(["list", "create", "patch", "delete"]))
        })
    });
    let event = ((String::new(), "events".to_owned()), json!(["get", "create", "patch"]));
    reports.chain([event]).collect()
}

/// The one resource of which the gate changes an object that is there: its own webhook configuration.
fn own_configuration() -> Resource {
    ("admissionregistration.k8s.io".to_owned(), "validatingwebhookconfigurations".to_owned())
}

#[test]
fn the_gate_may_read_what_it_watches_and_nothing_else() {
    let wanted: BTreeSet<Resource> = watch::kinds().into_iter().map(resource).collect();
    let mut found = BTreeSet::new();
    for rule in rbac("ClusterRole")["rules"].as_array().unwrap() {
        let resources = resources(rule);
        if resources.contains(&own_configuration()) || published().contains_key(&resources[0]) {
            continue;
        }
        let is_read_only = |verb: &&str| ["get", "list", "watch"].contains(verb);
        assert!(list(&rule["verbs"]).iter().all(is_read_only), "read-only: {rule}");
        for resource in resources {
            let only = match resource.1.as_str() {
                "configmaps" => json!(["avi-k8s-config"]),
                "pods" => json!(["ako-0"]),
                "statefulsets" => json!(["ako"]),
                _ => Value::Null,
            };
            assert_eq!(rule["resourceNames"], only, "{resource:?}: of these the gate watches only some");
            assert!(found.insert(resource.clone()), "{resource:?} is granted twice");
        }
    }
    assert!(found == wanted, "in the ClusterRole of manifests/rbac.yaml: {}", difference(&wanted, &found));
}

#[test]
fn the_gate_may_write_its_own_configuration_and_what_it_finds() {
    let role = rbac("ClusterRole");
    let (mut own, mut written) = (0, BTreeMap::new());
    for rule in role["rules"].as_array().unwrap() {
        let all = ["apiGroups", "resources", "verbs", "resourceNames"].map(|key| list(&rule[key]));
        assert!(!all.iter().flatten().any(|name| name.contains('*')), "write out what is meant: {rule}");
        assert_eq!(rule.get("nonResourceURLs"), None);
        assert!(!all[1].iter().any(|name| name.contains('/') || *name == "secrets"), "not needed: {rule}");
        if resources(rule).iter().any(|resource| published().contains_key(resource)) {
            assert_eq!(rule.get("resourceNames"), None, "reports and Events are created: {rule}");
            written.extend(resources(rule).into_iter().map(|resource| (resource, rule["verbs"].clone())));
            continue;
        }
        let writes = all[2].iter().any(|verb| !["get", "list", "watch"].contains(verb));
        if writes || resources(rule).contains(&own_configuration()) {
            own += 1;
            assert_eq!(resources(rule), [own_configuration()], "only its own configuration: {rule}");
            assert_eq!(rule["resourceNames"], json!(["ako-gate"]), "only its own configuration: {rule}");
            assert_eq!(rule["verbs"], json!(["get", "patch"]), "it neither creates nor deletes one: {rule}");
        }
    }
    assert_eq!(written, published(), "reports and Events");
    assert_eq!(own, 1, "one rule lets the gate write the caBundle of its configuration");
}

/// Everything that `src/reconcile/lease.rs` does: look at one Lease, create it, update it. And the owner of reports.
#[test]
fn the_gate_may_hold_its_own_lease() {
    let wanted = json!([
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]},
        {
            "apiGroups": ["coordination.k8s.io"], "resources": ["leases"],
            "resourceNames": ["ako-gate"], "verbs": ["get", "update"],
        },
        {"apiGroups": [""], "resources": ["namespaces"], "resourceNames": [namespace()], "verbs": ["get"]},
    ]);
    assert_eq!(
        (&rbac("Role")["rules"], &rbac("Role")["metadata"]["namespace"]),
        (&wanted, &json!(namespace()))
    );
}

/// Of Secrets its own alone, and in one namespace a ConfigMap that is never stored.
#[test]
fn the_gate_may_keep_its_certificate_and_send_its_probe() {
    let role = |file: &str, namespace: &str| {
        let documents = documents(&format!("manifests/base/{file}"));
        let [role, binding] = &documents[..] else { panic!("{file} holds a Role and its binding") };
        for document in [role, binding] {
            assert_eq!(document["metadata"]["namespace"], namespace);
        }
        assert_eq!(binding["roleRef"]["name"], role["metadata"]["name"]);
        assert_eq!(binding["roleRef"]["kind"], "Role");
        assert_eq!(binding["subjects"], rbac("ClusterRoleBinding")["subjects"]);
        role["rules"].clone()
    };
    let secrets = json!([
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": [secret::NAME], "verbs": ["get", "update"]},
    ]);
    assert_eq!(role("rbac-certificate.yaml", &namespace()), secrets);
    let probe = json!([{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create"]}]);
    assert_eq!(role("rbac-probe.yaml", "default"), probe);
}

#[test]
fn the_rights_are_bound_to_the_account_the_gate_runs_as() {
    let account = rbac("ServiceAccount");
    let metadata = &account["metadata"];
    for role in ["ClusterRole", "Role"] {
        let binding = rbac(&format!("{role}Binding"));
        let wanted = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": role, "name": "ako-gate"});
        assert_eq!((&binding["roleRef"], &rbac(role)["metadata"]["name"]), (&wanted, &wanted["name"]));
        let subject =
            json!([{"kind": "ServiceAccount", "name": metadata["name"], "namespace": metadata["namespace"]}]);
        assert_eq!(binding["subjects"], subject);
        assert_eq!(binding["metadata"]["namespace"], rbac(role)["metadata"]["namespace"]);
    }
    assert_eq!(pod()["serviceAccountName"], metadata["name"]);
}
