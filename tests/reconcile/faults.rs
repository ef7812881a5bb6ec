//! What goes wrong around the gate: it says so, and in the end the reports show what stands.

use crate::reconcile::cluster::{Cluster, FAULTS, OBJECTS, metric, standing};
use crate::support::control_plane::{is_left_out, within};

/// A report that a gate of an earlier time has left behind.
const LEFT_BEHIND: &str = r#"
apiVersion: openreports.io/v1alpha1
kind: Report
metadata: {name: ako-gate-7, namespace: default, labels: {app.kubernetes.io/managed-by: ako-gate}}
source: ako-gate
summary: {fail: 1}
results:
- policy: ako
  rule: ako/some-retired-rule
  result: fail
  resources: [{apiVersion: v1, kind: Service, namespace: default, name: gone}]
  timestamp: {seconds: 1, nanos: 0}
  properties: {fingerprint: "0000000000000001", action: deny, field: spec}
"#;

#[test]
fn reports_come_and_go_with_their_crds() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::start();
    cluster.plane.must_with(&["apply", "-f", "-"], OBJECTS);
    let gate = cluster.gate();
    within(30, "findings are told without reports", || standing(&gate).len() == 3);
    within(10, "Events as well", || cluster.events().len() == 3);
    assert_eq!(gate.log().matches("the cluster serves no reports").count(), 1);

    cluster.serve_reports();
    within(30, "reports are written once they are served", || cluster.shows(&FAULTS));
    cluster.serve_no_reports();
    within(30, "that is said", || gate.log().matches("the cluster serves no reports").count() == 2);
    cluster.serve_reports();
    within(30, "and written again", || cluster.shows(&FAULTS));
    assert_eq!(cluster.events().len(), 3, "nothing is said twice");
    assert!(gate.is_ready());
}

#[test]
fn what_was_left_behind_goes_and_what_is_refused_is_tried_again() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::start();
    cluster.serve_reports();
    cluster.plane.must_with(&["apply", "-f", "-"], LEFT_BEHIND);
    let rights = cluster.plane.must(&["get", "clusterrole", "ako-gate", "-o", "json"]);
    cluster.plane.must_with(&["apply", "-f", "-"], OBJECTS);
    let gate = cluster.gate();
    within(30, "the report left behind is removed", || cluster.shows(&FAULTS));
    assert!(gate.log().contains("a finding was resolved"), "what it showed is no more");

    // refused: the other outlets go on
    let mut without: serde_json::Value = serde_json::from_str(&rights).unwrap();
    let rules = without["rules"].as_array_mut().unwrap();
    rules.retain(|rule| rule["apiGroups"][0] != "openreports.io");
    cluster.plane.must_with(&["replace", "-f", "-"], &without.to_string());
    cluster.plane.must(&["create", "namespace", "later"]);
    within(30, "a write is refused", || {
        let service = OBJECTS.split("---").nth(1).unwrap().replace("shop", "later");
        cluster.plane.must_with(&["apply", "-f", "-"], &service);
        metric(&gate, r#"ako_gate_report_writes_total{outcome="failed"}"#).is_some()
    });
    assert_eq!(standing(&gate).len(), 4);
    assert!(gate.log().contains("failed to write a report"), "{}", gate.log());
    cluster.plane.must_with(&["replace", "--force", "-f", "-"], &rights);
    let mut all = FAULTS.to_vec();
    all.insert(2, ("Service", "later/broken", FAULTS[2].2));
    within(60, "it is written once that is allowed", || cluster.shows(&all));
    assert!(gate.is_ready());
}
