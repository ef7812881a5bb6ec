//! What goes wrong around the gate: it says so, and in the end the reports show what stands.

use crate::reconcile::cluster::{Cluster, FAULTS, LEFT_BEHIND, OBJECTS, metric, standing};
use crate::reconcile::settled::{settles, settles_for_good};
use crate::support::control_plane::{is_left_out, within};

#[test]
fn reports_come_and_go_with_their_crds() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::start();
    cluster.plane.must_with(&["apply", "-f", "-"], OBJECTS);
    let gate = cluster.gate();
    within(60, "findings are told without reports", || standing(&gate).len() == 3);
    within(60, "Events as well", || cluster.events().len() == 3);
    assert_eq!(gate.log().matches("the cluster serves no reports").count(), 1);

    cluster.serve_reports();
    within(60, "reports are written once they are served", || cluster.shows(&FAULTS));
    cluster.serve_no_reports();
    within(60, "that is said", || gate.log().matches("the cluster serves no reports").count() == 2);
    cluster.serve_reports();
    within(60, "and written again", || cluster.shows(&FAULTS));
    assert_eq!(cluster.events().len(), 3, "nothing is said twice");
    settles_for_good(&cluster, gate);
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
    within(60, "the report left behind is removed", || cluster.shows(&FAULTS));
    assert!(gate.log().contains("a finding was resolved"), "what it showed is no more");

    // refused: the other outlets go on
    let mut without: serde_json::Value = serde_json::from_str(&rights).unwrap();
    let rules = without["rules"].as_array_mut().unwrap();
    rules.retain(|rule| rule["apiGroups"][0] != "openreports.io");
    cluster.plane.must_with(&["replace", "-f", "-"], &without.to_string());
    cluster.plane.must(&["create", "namespace", "later"]);
    within(60, "a write is refused", || {
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
    settles_for_good(&cluster, gate);
}

/// Refuses reports of more than a dozen results as too large, as an API server refuses what etcd would not take.
const SMALL_REPORTS: &str = r#"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: small-reports}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [openreports.io], apiVersions: ["*"], operations: [CREATE, UPDATE], resources: [reports]}
  validations:
  - {expression: "!has(object.results) || size(object.results) <= 12", message: a dozen, reason: RequestEntityTooLarge}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: small-reports}
spec: {policyName: small-reports, validationActions: [Deny]}
"#;

/// What no rule can make sense of.
const GARBAGE: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: avi-system}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: avi-k8s-config, namespace: avi-system}
data: {ipFamily: "\0\0", vipNetworkList: '[{"cidr":7,"v6cidr":{}},null,[[[[', cniPlugin: "\e[31m", "": x}
"#;

#[test]
fn reports_that_are_too_large_are_made_smaller() {
    const BROKEN: usize = 40;
    if is_left_out() {
        return;
    }
    let cluster = Cluster::start();
    cluster.serve_reports();
    cluster.plane.must_with(&["apply", "-f", "-"], SMALL_REPORTS);
    // the API server takes a moment to obey
    let large = serde_json::json!({
        "apiVersion": "openreports.io/v1alpha1", "kind": "Report", "metadata": {"name": "probe", "namespace": "default"},
        "results": vec![serde_json::json!({"policy": "p"}); 13],
    });
    within(60, "large reports are refused", || {
        !cluster
            .plane
            .kubectl(&["create", "--dry-run=server", "-f", "-"], &large.to_string())
            .status
            .success()
    });
    cluster.plane.must_with(&["apply", "-f", "-"], OBJECTS);
    let service =
        |i: usize| OBJECTS.split("---").nth(1).unwrap().replace("name: broken", &format!("name: broken-{i}"));
    let services: Vec<String> = (1..BROKEN).map(service).collect();
    cluster.plane.must_with(&["apply", "-f", "-"], &services.join("---"));
    cluster.plane.kubectl(&["apply", "-f", "-"], &GARBAGE.replace(", \"\": x", ""));

    let gate = cluster.gate();
    let in_shop = || cluster.shown().iter().filter(|(_, name, _)| name.starts_with("shop/")).count();
    within(60, "every finding is shown", || in_shop() == BROKEN);
    assert!(
        gate.log().contains("reports are made smaller") && !gate.log().contains("panicked"),
        "{}",
        gate.log()
    );
    assert!(
        cluster.shown().iter().any(|(kind, _, _)| kind == "ConfigMap"),
        "what is garbage is told as well"
    );
    settles(&cluster, &gate);
}

/// A webhook of somebody else's that is down: the API server answers every write of the gate's with 500.
const WRITES_FAIL: &str = r#"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: down}
webhooks:
- name: down.example.com
  clientConfig: {url: "https://127.0.0.1:1/"}
  failurePolicy: Fail
  sideEffects: None
  timeoutSeconds: 1
  admissionReviewVersions: [v1]
  rules:
  - {apiGroups: [openreports.io], apiVersions: ["*"], operations: ["*"], resources: ["*"]}
  - {apiGroups: [coordination.k8s.io], apiVersions: ["*"], operations: ["*"], resources: [leases]}
  - {apiGroups: [""], apiVersions: ["*"], operations: ["*"], resources: [events]}
"#;

#[test]
fn a_gate_whose_writes_fail_catches_up() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with_objects();
    let gate = cluster.gate();
    within(60, "the gate publishes", || cluster.shows(&FAULTS));
    let events = cluster.events();
    cluster.plane.must_with(&["apply", "-f", "-"], WRITES_FAIL);
    within(60, "writes fail", || gate.log().contains("failed to hold or look at the Lease"));
    cluster.set_type("ClusterIP");
    within(60, "it no longer takes itself for the leader", || metric(&gate, "ako_gate_leader") == Some(0.0));
    assert!(cluster.shows(&FAULTS) && gate.is_ready());
    cluster.plane.must(&["delete", "validatingwebhookconfiguration", "down"]);
    within(60, "it catches up", || cluster.shows(&FAULTS[..2]));
    let resolved = ("FindingResolved".to_owned(), "Service broken".to_owned(), 1);
    within(60, "nothing is said twice, and nothing is lost", || {
        let mut wanted = events.clone();
        wanted.push(resolved.clone());
        cluster.events() == wanted
    });
    settles(&cluster, &gate);
}

#[test]
fn reports_that_may_not_even_be_read_are_done_without() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with_objects();
    let mut role = cluster.json(&["get", "clusterrole", "ako-gate"]);
    let rights = role.to_string();
    role["rules"].as_array_mut().unwrap().retain(|rule| rule["apiGroups"][0] != "openreports.io");
    cluster.plane.must_with(&["replace", "-f", "-"], &role.to_string());
    let gate = cluster.gate();
    within(30, "findings are told without reports", || standing(&gate).len() == 3);
    within(10, "Events as well", || cluster.events().len() == 3);
    std::thread::sleep(std::time::Duration::from_secs(10));
    let said = |what: &str| gate.log().matches(what).count();
    assert!((2..6).contains(&said("failed to read the reports")), "{}", gate.log());
    assert_eq!(said("failed to write a report"), 1);
    assert_eq!(said("Status {"), 0, "the API server's own words are enough");
    cluster.plane.must_with(&["replace", "--force", "-f", "-"], &rights);
    within(60, "reports are written once that is allowed", || cluster.shows(&FAULTS));
    settles_for_good(&cluster, gate);
}

#[test]
fn a_namespace_on_its_way_out_needs_no_report() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with_objects();
    let service = |name: &str, namespace: &str| {
        let service = OBJECTS.split("---").nth(1).unwrap();
        service.replace("broken", name).replace("shop", namespace)
    };
    cluster.plane.must_with(&["apply", "-f", "-"], &service("other", "shop"));
    let gate = cluster.gate();
    within(30, "the gate publishes", || cluster.shown().len() == FAULTS.len() + 1);

    // its controller, which does not run here, takes away the reports first and then the Services one by one
    cluster.plane.must(&["delete", "namespace", "shop", "--wait=false"]);
    cluster.plane.must(&["delete", "report", "-n", "shop", "ako-gate"]);
    cluster.plane.must(&["delete", "service", "-n", "shop", "other"]);
    within(10, "that one is gone is seen", || standing(&gate).len() == FAULTS.len());
    cluster.plane.must_with(&["apply", "-f", "-"], &service("later", "default"));
    let later = ("Service", "default/later", FAULTS[2].2);
    within(10, "other reports are written", || cluster.shows(&[FAULTS[0], FAULTS[1], later]));
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(!gate.log().contains("failed to write"), "{}", gate.log());
    assert_eq!(metric(&gate, r#"ako_gate_report_writes_total{outcome="failed"}"#), None);
    cluster.plane.must(&["delete", "service", "-n", "shop", "broken"]);
    settles_for_good(&cluster, gate);
}
