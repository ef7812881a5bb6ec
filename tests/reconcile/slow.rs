//! An API server that takes its time: what waits for it keeps nothing else waiting.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::reconcile::cluster::{Cluster, FAULTS, OBJECTS, standing};
use crate::reconcile::settled::settles;
use crate::support::control_plane::{is_left_out, within};

/// A webhook of somebody else's that never answers: what it is asked about takes so many seconds. `which` says what that
/// is, as lines of a webhook. Connections come in, and nobody takes them; it is over when the listener is dropped.
pub(crate) fn silent_webhook(cluster: &Cluster, seconds: u32, which: &str) -> TcpListener {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let webhook = format!(
        r#"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {{name: silent}}
webhooks:
- name: silent.example.com
  clientConfig: {{url: "https://{address}/"}}
  failurePolicy: Ignore
  sideEffects: None
  timeoutSeconds: {seconds}
  admissionReviewVersions: [v1]
{which}
"#
    );
    cluster.plane.must_with(&["apply", "-f", "-"], &webhook);
    silent
}

/// Makes every write of these take so many seconds, in an API server that has noticed.
fn slow_writes(cluster: &Cluster, seconds: u32, group: &str, resource: &str, probe: &str) -> TcpListener {
    let which = format!(
        "  rules: [{{apiGroups: [\"{group}\"], apiVersions: [\"*\"], operations: [CREATE, UPDATE], resources: [{resource}]}}]"
    );
    let silent = silent_webhook(cluster, seconds, &which);
    within(30, "writes take their time", || {
        let asked = Instant::now();
        cluster.plane.must_with(&["create", "--dry-run=server", "-f", "-"], probe);
        asked.elapsed() >= Duration::from_secs(seconds.into())
    });
    silent
}

fn broken(name: &str, namespace: &str) -> String {
    let service = OBJECTS.split("---").nth(1).unwrap();
    service.replace("broken", name).replace("shop", namespace)
}

#[test]
fn reports_do_not_wait_for_events() {
    const BROKEN: usize = 20;
    const PROBE: &str = "{apiVersion: v1, kind: Event, metadata: {name: probe, namespace: shop}, \
        involvedObject: {namespace: shop}}";
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with_objects();
    let gate = cluster.gate();
    within(30, "the gate publishes", || cluster.shows(&FAULTS));
    let silent = slow_writes(&cluster, 2, "", "events", PROBE);
    let services: Vec<String> = (0..BROKEN).map(|i| broken(&format!("other-{i}"), "shop")).collect();
    cluster.plane.must_with(&["apply", "-f", "-"], &services.join("---"));
    within(12, "the reports show what is broken", || cluster.shown().len() == FAULTS.len() + BROKEN);
    drop(silent);
    cluster.plane.must(&["delete", "validatingwebhookconfiguration", "silent"]);
    settles(&cluster, &gate);
}

#[test]
fn an_audit_does_not_wait_for_reports() {
    const NAMESPACES: usize = 15;
    const PROBE: &str =
        "{apiVersion: openreports.io/v1alpha1, kind: Report, metadata: {name: probe, namespace: shop}}";
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with_objects();
    let gate = cluster.gate();
    within(30, "the gate publishes", || cluster.shows(&FAULTS));
    let silent = slow_writes(&cluster, 3, "openreports.io", "reports", PROBE);
    let namespace = |i: usize| format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: team-{i}}}\n");
    let namespaces: Vec<String> = (0..NAMESPACES).map(namespace).collect();
    cluster.plane.must_with(&["apply", "-f", "-"], &namespaces.join("---\n"));
    let services: Vec<String> = (0..NAMESPACES).map(|i| broken("web", &format!("team-{i}"))).collect();
    cluster.plane.must_with(&["apply", "-f", "-"], &services.join("---"));
    within(20, "they are judged", || standing(&gate).len() == FAULTS.len() + NAMESPACES);
    cluster.set_type("ClusterIP");
    within(15, "what changes is judged", || standing(&gate).len() == FAULTS.len() + NAMESPACES - 1);
    assert!(cluster.shown().len() < FAULTS.len() + NAMESPACES - 1, "the reports are still being written");
    drop(silent);
    cluster.plane.must(&["delete", "validatingwebhookconfiguration", "silent"]);
    settles(&cluster, &gate);
}
