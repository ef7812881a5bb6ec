//! `failurePolicy`: set to `Fail` only where that is asked for and proven, never lowered, never set twice.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use serde_json::{Value, json};
use support::control_plane::{ControlPlane, Installed, Served, is_left_out, within};

const PROBE: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ako-gate-probe}\ndata: {nonce: said-by-a-test}\n";
const ASKS: &str = "apiVersion: ako-gate/v1\nkind: Settings\nwebhook: {failurePolicy: Fail}\n";
const ASKS_NOT: &str = "apiVersion: ako-gate/v1\nkind: Settings\n";

fn configuration(plane: &ControlPlane) -> Value {
    let get = ["get", "validatingwebhookconfiguration", "ako-gate", "--show-managed-fields", "-o", "json"];
    serde_json::from_str(&plane.must(&get)).unwrap()
}

fn policy(plane: &ControlPlane) -> String {
    configuration(plane)["webhooks"][0]["failurePolicy"].as_str().unwrap().to_owned()
}

fn patch(plane: &ControlPlane, operations: &Value) {
    let patch = operations.to_string();
    plane.must(&["patch", "validatingwebhookconfiguration", "ako-gate", "--type", "json", "-p", &patch]);
}

fn set_policy(plane: &ControlPlane, policy: &str) {
    patch(plane, &json!([{"op": "replace", "path": "/webhooks/0/failurePolicy", "value": policy}]));
}

/// What a cluster makes while it comes up, and nobody asks the gate about.
const UNGUARDED: &str = "
{apiVersion: v1, kind: Namespace, metadata: {name: cold}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: cold, namespace: cold}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: cold, namespace: cold}}
---
{apiVersion: v1, kind: Secret, metadata: {name: cold, namespace: cold}}
---
{apiVersion: v1, kind: Node, metadata: {name: cold}}
---
{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: cold, namespace: cold}}
---
apiVersion: v1
kind: Pod
metadata: {name: cold, namespace: cold}
spec: {containers: [{name: a, image: example.com/a}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cold, namespace: cold}
spec:
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: example.com/a}]}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: cold, namespace: cold}
spec:
  serviceName: cold
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: example.com/a}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: cold, namespace: cold}
addressType: IPv4
endpoints: [{addresses: [10.1.0.1]}]
---
apiVersion: v1
kind: Service
metadata: {name: cold-dns, namespace: kube-system}
spec: {ports: [{port: 53}]}
---
apiVersion: v1
kind: Service
metadata: {name: cold, namespace: ako-gate-system}
spec: {ports: [{port: 443}]}
";

/// The fields of the webhook that the gate owns.
fn owned(plane: &ControlPlane) -> Value {
    let found = configuration(plane);
    let entries = found["metadata"]["managedFields"].as_array().unwrap();
    let own = entries.iter().find(|entry| entry["manager"] == "ako-gate").unwrap();
    own["fieldsV1"]["f:webhooks"]["k:{\"name\":\"validate.ako-gate.svc\"}"].clone()
}

fn says(gate: &Served, line: &str) {
    within(60, line, || gate.log().contains(line));
}

#[test]
fn fail_is_set_once_and_only_after_the_probe_was_denied() {
    if is_left_out() {
        return;
    }
    let plane = ControlPlane::start("1.36.3");
    let installed = Installed::start(&plane, ASKS_NOT);
    let gate = &installed.gate;

    // the probe is denied to everybody, in its namespace only, and never stored
    for dry_run in ["none", "server"] {
        let flag = format!("--dry-run={dry_run}");
        let refused = plane.kubectl(&["create", "-n", "default", &flag, "-f", "-"], PROBE);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(said.contains("validate.ako-gate.svc") && said.contains("said-by-a-test"), "{said}");
    }
    plane.must(&["create", "namespace", "shop"]);
    plane.must_with(&["create", "-n", "shop", "-f", "-"], PROBE);
    assert_eq!(policy(&plane), "Ignore", "nobody has asked for Fail");

    // asked for by a change of the settings
    gate.set_settings(ASKS);
    within(60, "failurePolicy is Fail", || policy(&plane) == "Fail");
    assert!(gate.admin_get("/metrics").unwrap().1.contains("\nako_gate_failure_policy_fail 1\n"));
    let own = json!({".": {}, "f:name": {}, "f:failurePolicy": {}, "f:clientConfig": {"f:caBundle": {}}});
    assert_eq!(owned(&plane), own);

    // an emptied caBundle is filled in again, and the policy stays
    patch(&plane, &json!([{"op": "replace", "path": "/webhooks/0/clientConfig/caBundle", "value": ""}]));
    within(60, "the caBundle is back", || {
        let found = configuration(&plane);
        found["webhooks"][0]["clientConfig"]["caBundle"].as_str().is_some_and(|bundle| !bundle.is_empty())
    });
    assert_eq!((policy(&plane).as_str(), owned(&plane)), ("Fail", own));

    // it is not lowered when the settings change their mind
    gate.set_settings(ASKS_NOT);
    says(gate, "the gate does not lower it");
    assert_eq!(policy(&plane), "Fail");

    // what somebody changes is reported, and what somebody takes back is not set again
    gate.set_settings(ASKS);
    within(60, "they are in force", || gate.log().matches("the new settings are in force").count() == 3);
    patch(&plane, &json!([{"op": "replace", "path": "/webhooks/0/timeoutSeconds", "value": 2}]));
    says(gate, "validate.ako-gate.svc: timeoutSeconds");
    set_policy(&plane, "Ignore");
    says(gate, "has taken failurePolicy Fail back");
    assert_eq!(policy(&plane), "Ignore");
    let metrics = gate.admin_get("/metrics").unwrap().1;
    assert!(metrics.contains("\nako_gate_failure_policy_fail 0\n"), "{metrics}");
    assert!(!metrics.contains("\nako_gate_webhook_configuration_changes_total 0\n"), "{metrics}");
    let found = configuration(&plane);
    assert_eq!(found["webhooks"][0]["timeoutSeconds"], 2, "the gate restores nothing");

    // other settings that ask for it came from somebody who wants it
    gate.set_settings(&format!("{ASKS}log: debug\n"));
    within(60, "failurePolicy is Fail again", || policy(&plane) == "Fail");
}

#[test]
fn nothing_is_set_while_the_probe_is_not_denied() {
    if is_left_out() {
        return;
    }
    let plane = ControlPlane::start("1.36.3");
    // every other namespace is asked about, the one of the probe is not
    let settings = "apiVersion: ako-gate/v1\nkind: Settings\nwebhook: {failurePolicy: Fail}\n";
    let installed = Installed::start_patched(
        &plane,
        settings,
        &[],
        r#"{"op":"add","path":"/webhooks/0/namespaceSelector/matchExpressions/0/values/-","value":"default"}"#,
    );
    says(&installed.gate, "the gate's own probe was let pass");
    assert_eq!(policy(&plane), "Ignore");
    assert!(installed.gate.is_ready(), "the gate serves all the same");

    // and as soon as it is denied, it is
    let path = "/webhooks/0/namespaceSelector/matchExpressions/0/values/2";
    patch(&plane, &json!([{"op": "remove", "path": path}]));
    within(60, "failurePolicy is Fail", || policy(&plane) == "Fail");
}

/// Everything ends at once while `Fail` is stored. Cluster and gate come up by themselves, in whatever order, and until
/// the gate is there only what it guards is refused.
#[test]
fn a_cluster_starts_cold_with_fail_stored() {
    if is_left_out() {
        return;
    }
    let plane = ControlPlane::start("1.36.3");
    let mut installed = Installed::start(&plane, ASKS);
    within(60, "failurePolicy is Fail", || policy(&plane) == "Fail");
    installed.gate.kill();
    plane.restart("all", 4);
    assert_eq!(policy(&plane), "Fail");

    // whatever had to wait for the gate would be refused
    plane.must_with(&["create", "-f", "-"], UNGUARDED);
    let guarded =
        || plane.kubectl(&["create", "service", "clusterip", "guarded", "--tcp=80", "--dry-run=server"], "");
    let refused = guarded();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("failed calling webhook"), "{said}");
    // the API server itself writes this one, which is of a guarded kind, while it starts
    plane.must(&["delete", "endpoints", "-n", "default", "kubernetes"]);
    let own = ["get", "endpoints", "-n", "default", "kubernetes"];
    within(60, "the API server's own Endpoints are back", || plane.kubectl(&own, "").status.success());

    installed.gate.start_again();
    within(60, "what is guarded passes again", || guarded().status.success());
    assert_eq!(policy(&plane), "Fail");

    // the gate may be there first as well
    installed.gate.kill();
    installed.gate.start_again();
    plane.restart("all", 5);
    within(60, "what is guarded passes again", || guarded().status.success());
    installed.gate.wait();
    assert_eq!(policy(&plane), "Fail");
}
