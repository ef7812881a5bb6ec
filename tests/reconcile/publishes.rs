//! From objects created while no webhook looked, to what people see of them.

use crate::reconcile::cluster::{Cluster, FAULTS, metric, standing};
use crate::reconcile::settled::settles;
use crate::support::control_plane::{is_left_out, within};

#[test]
fn what_is_broken_is_published_and_what_is_mended_is_resolved() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with_objects();
    let gate = cluster.gate();
    within(60, "the reports show what is broken, and nothing else", || cluster.shows(&FAULTS));
    let appeared = ["AviInfraSetting broken", "Node broken", "Service broken"]
        .map(|object| ("FindingAppeared".to_owned(), object.to_owned(), 1));
    assert_eq!(cluster.events(), appeared);
    let counted = |rule: &str, namespace: &str| (rule.to_owned(), namespace.to_owned(), "1".to_owned());
    within(60, "the metrics are told", || standing(&gate).len() == 3);
    assert_eq!(
        standing(&gate),
        [counted(FAULTS[0].2, ""), counted(FAULTS[2].2, "shop"), counted(FAULTS[1].2, "")]
    );
    assert_eq!(gate.log().matches("a finding appeared").count(), 3);

    // as people look at it
    let table = cluster.plane.must(&["get", "reports", "-A"]);
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["NAMESPACE", "NAME", "PASS", "FAIL", "WARN", "ERROR", "SKIP", "AGE"]);
    assert_eq!((lines[1][..7].to_vec(), lines.len()), (vec!["shop", "ako-gate", "0", "1", "0", "0", "0"], 2));
    let described = cluster.plane.must(&["describe", "service", "-n", "shop", "broken"]);
    assert!(described.contains("FindingAppeared"), "{described}");
    let report = cluster.json(&["get", "report", "-n", "shop", "ako-gate"]);
    assert_eq!(report["metadata"]["labels"]["app.kubernetes.io/managed-by"], "ako-gate");
    assert_eq!(report["metadata"]["ownerReferences"][0]["name"], "ako-gate-system");

    let clusterwide = cluster.plane.must(&["get", "clusterreports"]);
    let lines: Vec<Vec<&str>> = clusterwide.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["NAME", "PASS", "FAIL", "WARN", "ERROR", "SKIP", "AGE"]);
    assert_eq!((lines[1][..6].to_vec(), lines.len()), (vec!["ako-gate", "0", "0", "2", "0", "0"], 2));

    cluster.set_type("ClusterIP");
    let resolved = ("FindingResolved".to_owned(), "Service broken".to_owned(), 1);
    within(2, "what is mended is resolved everywhere", || {
        standing(&gate).len() == 2
            && gate.log().matches("a finding was resolved").count() == 1
            && cluster.shows(&FAULTS[..2])
            && cluster.events().contains(&resolved)
    });
    settles(&cluster, &gate);

    // broken again: the same Event, once more
    cluster.set_type("LoadBalancer");
    within(60, "the report shows it again", || cluster.shows(&FAULTS));
    let again = ("FindingAppeared".to_owned(), "Service broken".to_owned(), 2);
    within(60, "the Event counts it", || cluster.events().contains(&again));

    // a whole pass over unchanged objects, by a leader that knows nothing but what is published
    let (versions, events) = (cluster.versions(), cluster.events());
    assert_eq!(gate.stop(), Some(0));
    let second = cluster.gate();
    within(60, "the second gate has judged everything", || second.log().contains("everything was judged"));
    within(60, "its pass is over", || metric(&second, "ako_gate_audit_queue_objects") == Some(0.0));
    assert_eq!(standing(&second).len(), 3);
    assert!(!second.log().contains("a finding appeared"), "{}", second.log());
    assert_eq!(metric(&second, r#"ako_gate_report_writes_total{outcome="written"}"#), None);
    assert_eq!((cluster.versions(), cluster.events()), (versions, events));
}

const AKO: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: avi-system}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: avi-k8s-config, namespace: avi-system}
data: {ipFamily: V4, vipNetworkList: '[{"networkName":"a","cidr":"10.40.8.0/24"}]'}
---
apiVersion: v1
kind: Pod
metadata: {name: ako-0, namespace: avi-system}
spec: {hostNetwork: true, containers: [{name: ako, image: "ako:1.9.3"}]}
"#;

#[test]
fn an_edited_configuration_is_told_until_ako_restarts() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::start();
    cluster.serve_reports();
    cluster.plane.must_with(&["apply", "-f", "-"], AKO);
    let starts = |time: &str| {
        let running = format!(
            r#"{{"name":"ako","ready":true,"restartCount":0,"image":"ako","imageID":"","state":{{"running":{{"startedAt":"{time}"}}}}}}"#
        );
        let status = format!(r#"{{"status":{{"containerStatuses":[{running}]}}}}"#);
        cluster.plane.must(&[
            "patch",
            "pod",
            "-n",
            "avi-system",
            "ako-0",
            "--subresource=status",
            "--type=merge",
            "-p",
            &status,
        ]);
    };
    // no clock of these tests is before the one and after the other
    starts("2020-01-01T00:00:00Z");
    let _gate = cluster.gate();
    let fault = [("ConfigMap", "avi-system/avi-k8s-config", "ako/configuration-not-in-force")];
    within(60, "the configuration is newer than AKO", || cluster.shows(&fault));
    starts("2099-01-01T00:00:00Z");
    within(60, "AKO has restarted since", || cluster.shows(&[]));
    assert_eq!(cluster.events().len(), 2, "{:?}", cluster.events());
}
