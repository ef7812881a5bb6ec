//! An API server that is there and refuses: too many requests, errors of its own, reports that others write as well.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::reconcile::cluster::{Cluster, FAULTS, LEFT_BEHIND, OBJECTS, metric, standing};
use crate::reconcile::settled::{Called, settles, settles_for_good};
use crate::reconcile::slow::silent_webhook;
use crate::support::control_plane::{Served, is_left_out, within};

/// Gives the gate and a hog a single seat: API Priority and Fairness answers with 429 while the other one sits there.
/// With no share at all one request is served when there is no other
/// (k8s.io/apiserver@v0.36.3:pkg/util/flowcontrol/fairqueuing/queueset/queueset.go, `canAccommodateSeatsLocked`).
fn one_seat(rules: &str) -> String {
    format!(
        r#"
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: PriorityLevelConfiguration
metadata: {{name: one-seat}}
spec:
  type: Limited
  limited: {{nominalConcurrencyShares: 0, lendablePercent: 0, borrowingLimitPercent: 0, limitResponse: {{type: Reject}}}}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: {{name: one-seat}}
spec:
  priorityLevelConfiguration: {{name: one-seat}}
  matchingPrecedence: 2
  rules:
  - subjects: [{{kind: ServiceAccount, serviceAccount: {{name: ako-gate, namespace: ako-gate-system}}}}]
    {rules}
  - subjects: [{{kind: User, user: {{name: hog}}}}]
    resourceRules: [{{verbs: [create], apiGroups: [""], resources: [configmaps], namespaces: ["*"]}}]
"#
    )
}

/// What the hog asks for: a webhook that never answers is asked about it, for half a minute.
const HOG: &str =
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: hog, namespace: default, labels: {of: hog}}}";

/// Ends the hog: no more requests, and the last one is answered at once.
struct End<'a>(&'a AtomicBool, #[allow(dead_code, reason = "closed with it")] TcpListener);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Refuses what the gate asks for under `rules` while `during` runs.
fn without_a_seat(cluster: &Cluster, rules: &str, during: impl FnOnce()) {
    const HOGS: &str = r#"  objectSelector: {matchLabels: {of: hog}}
  rules: [{apiGroups: [""], apiVersions: ["*"], operations: [CREATE], resources: [configmaps]}]"#;
    let is_over = AtomicBool::new(false);
    let end = End(&is_over, silent_webhook(cluster, 30, HOGS));
    cluster.plane.must_with(&["apply", "-f", "-"], &one_seat(rules));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                cluster.plane.kubectl(&["create", "--as=hog", "--dry-run=server", "-f", "-"], HOG);
            }
        });
        let _end = end;
        during();
    });
    cluster.plane.must(&["delete", "flowschema", "one-seat"]);
    cluster.plane.must(&["delete", "validatingwebhookconfiguration", "silent"]);
}

/// What the gate writes, and how it looks whether somebody else has changed that.
const WRITES: &str = r#"resourceRules:
    - {verbs: [create, patch], apiGroups: ["*"], resources: [reports, events], namespaces: ["*"], clusterScope: true}
    - {verbs: [list], apiGroups: ["*"], resources: [reports], namespaces: ["*"], clusterScope: true}"#;
/// What it watches, and whatever a leader needs.
const ASKS: &str = r#"resourceRules:
    - {verbs: [list, watch], apiGroups: [""], resources: [services, nodes], clusterScope: true, namespaces: ["*"]}
    - {verbs: ["*"], apiGroups: ["*"], resources: [leases, events, reports, clusterreports], namespaces: ["*"], clusterScope: true}"#;

/// Whether the API server has refused such a request, by its own count.
fn is_refused(cluster: &Cluster, verb: &str, resource: &str) -> bool {
    let text = cluster.plane.must(&["get", "--raw", "/metrics"]);
    let wanted = ["code=\"429\"", &format!("verb=\"{verb}\""), &format!("resource=\"{resource}\"")];
    let mut counts = text.lines().filter(|line| line.starts_with("apiserver_request_terminations_total{"));
    counts.any(|line| wanted.iter().all(|label| line.contains(label)))
}

#[test]
fn too_many_requests() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with_objects();
    let gate = Called::start(&cluster);
    within(60, "the gate publishes", || cluster.shows(&FAULTS));

    cluster.plane.must(&["create", "clusterrolebinding", "hog", "--clusterrole=cluster-admin", "--user=hog"]);

    // what it writes: it stays the leader, and the rest of its work goes on
    without_a_seat(&cluster, WRITES, || {
        let mut kinds = ["ClusterIP", "LoadBalancer"].into_iter().cycle();
        within(60, "reports and Events are refused", || {
            // only what is new is written
            cluster.set_type(kinds.next().unwrap());
            std::thread::sleep(Duration::from_secs(1));
            [("APPLY", "reports"), ("LIST", "reports"), ("POST", "events")]
                .iter()
                .all(|(verb, resource)| is_refused(&cluster, verb, resource))
        });
        assert_eq!(metric(&gate, "ako_gate_leader"), Some(1.0));
        cluster.set_type("ClusterIP");
        within(60, "it goes on judging", || standing(&gate).len() == 2);
    });
    settles(&cluster, &gate);

    // what it must be able to ask, beside another gate that has seen nothing yet
    let mut second = None;
    without_a_seat(&cluster, ASKS, || {
        let other = cluster.starting_gate();
        within(60, "it no longer leads", || metric(&gate, "ako_gate_leader") == Some(0.0));
        cluster.plane.must(&["delete", "node", "broken"]);
        cluster.set_type("LoadBalancer");
        within(60, "watches and the Lease are refused", || {
            [("WATCH", "services"), ("WATCH", "nodes"), ("GET", "leases")]
                .iter()
                .all(|(verb, resource)| is_refused(&cluster, verb, resource))
        });
        assert!(!other.is_ready());
        second = Some(other);
    });
    let second = second.unwrap();
    within(60, "what was missed is seen", || cluster.shows(&[FAULTS[0], FAULTS[2]]) && second.is_ready());
    let gate = gate.end().0;
    let leads = |gate: &Served| metric(gate, "ako_gate_leader") == Some(1.0);
    let (leader, follower) = if leads(&gate) { (gate, second) } else { (second, gate) };
    assert!(leads(&leader) && !leads(&follower));
    drop(follower);
    settles_for_good(&cluster, leader);
}

/// Somebody who takes the gate's report for his own: as often as he can he reads it, empties it and writes it back, in
/// the version he has read.
fn edit(cluster: &Cluster) -> std::process::Output {
    let mut report = cluster.json(&["get", "report", "-n", "shop", "ako-gate"]);
    report["results"] = serde_json::json!([]);
    report["metadata"]["annotations"] = serde_json::json!({"edited": "yes"});
    cluster.plane.kubectl(&["replace", "-f", "-"], &report.to_string())
}

#[test]
fn others_may_write_reports() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with_objects();
    // so that there is always something to report in the namespace
    let other = OBJECTS.split("---").nth(1).unwrap().replace("name: broken", "name: other");
    cluster.plane.must_with(&["apply", "-f", "-"], &other);
    let gate = Called::start(&cluster);
    let mut all = FAULTS.to_vec();
    all.push(("Service", "shop/other", FAULTS[2].2));
    within(60, "the gate publishes", || cluster.shows(&all));

    let (is_over, edited) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                edited.fetch_or(edit(&cluster).status.success(), Ordering::Relaxed);
            }
        });
        let mut kinds = ["ClusterIP", "LoadBalancer"].into_iter().cycle();
        // while the gate writes without a rest an edit may always come too late
        for rest in [0; 30].into_iter().chain([1; 60]) {
            cluster.set_type(kinds.next().unwrap());
            std::thread::sleep(Duration::from_secs(rest));
            if rest > 0 && edited.load(Ordering::Relaxed) {
                break;
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(edited.load(Ordering::Relaxed), "no edit gets through");
    settles(&cluster, &gate);

    // nothing changes but the report
    assert!(edit(&cluster).status.success());
    cluster.plane.must(&["label", "clusterreport", "ako-gate", "app.kubernetes.io/managed-by-"]);
    settles(&cluster, &gate);
    cluster.plane.must(&["delete", "report", "-n", "shop", "ako-gate"]);
    cluster.plane.must_with(&["apply", "-f", "-"], LEFT_BEHIND);
    settles_for_good(&cluster, gate.end().0);
}
