//! Two APIs for reports: which of them is written to, and what becomes of what was written to the other.

use crate::reconcile::cluster::{Cluster, FAULTS, LEFT_BEHIND};
use crate::reconcile::settled::{settles, settles_for_good};
use crate::support::control_plane::{is_left_out, within};

const OPEN: &str = "openreports.io/v1alpha1";
const POLICY: &str = "wgpolicyk8s.io/v1alpha2";

/// Whether every fault is shown once, by reports of this API.
fn is_shown_by(cluster: &Cluster, api_version: &str) -> bool {
    cluster.shows(&FAULTS) && cluster.reports().iter().all(|report| report["apiVersion"] == api_version)
}

#[test]
fn policy_reports_are_written_where_there_are_no_others() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::start();
    cluster.serve_policy_reports();
    let left_behind = LEFT_BEHIND.replace(OPEN, POLICY).replace("kind: Report", "kind: PolicyReport");
    let left_behind = left_behind.replace("\nsource: ako-gate\n", "\n");
    cluster.plane.must_with(&["apply", "-f", "-"], &left_behind);
    cluster.fill();
    let gate = cluster.gate();
    within(60, "the faults are shown, and nothing that was left behind", || is_shown_by(&cluster, POLICY));
    within(60, "Events say so", || cluster.events().len() == 3);
    settles(&cluster, &gate);

    // as people look at it
    let table = cluster.plane.must(&["get", "policyreports", "-A"]);
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(lines[0].ends_with(&["PASS", "FAIL", "WARN", "ERROR", "SKIP", "AGE"]), "{table}");
    assert_eq!((lines[1][..7].to_vec(), lines.len()), (vec!["shop", "ako-gate", "0", "1", "0", "0", "0"], 2));
    let report = cluster.json(&["get", "policyreport", "-n", "shop", "ako-gate"]);
    assert_eq!(report["metadata"]["labels"]["app.kubernetes.io/managed-by"], "ako-gate");
    assert_eq!(report["metadata"]["ownerReferences"][0]["name"], "ako-gate-system");
    let result = &report["results"][0];
    assert_eq!(
        ["source", "policy", "result", "severity"].map(|key| result[key].as_str().unwrap()),
        ["ako-gate", "ako", "fail", "high"]
    );

    // the others come: they are written instead, and go again
    let said = || gate.log().matches("findings are written to them").count();
    let before = said();
    cluster.serve_reports();
    within(60, "the reports are exchanged", || is_shown_by(&cluster, OPEN));
    assert_eq!(said(), before + 1);
    settles(&cluster, &gate);
    cluster.serve_no_reports();
    within(60, "and exchanged back", || is_shown_by(&cluster, POLICY));
    cluster.serve_no_policy_reports();
    within(60, "that there are none is said", || {
        gate.log().matches("the cluster serves no reports").count() == 1
    });
    cluster.serve_policy_reports();
    within(60, "and written again", || is_shown_by(&cluster, POLICY));
    assert_eq!(cluster.events().len(), 3, "nothing is said twice");
    settles_for_good(&cluster, gate);
}

/// What a gate that led before the others came has left behind: it is taken over, and nothing is said twice.
#[test]
fn the_next_leader_exchanges_what_the_one_before_wrote() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::start();
    cluster.serve_policy_reports();
    cluster.fill();
    let gate = cluster.gate();
    within(60, "the faults are shown", || is_shown_by(&cluster, POLICY));
    within(60, "Events say so", || cluster.events().len() == 3);
    let events = cluster.events();
    assert_eq!(gate.stop(), Some(0));
    cluster.serve_reports();
    let gate = cluster.gate();
    within(60, "the reports are exchanged", || is_shown_by(&cluster, OPEN));
    assert!(!gate.log().contains("a finding "), "{}", gate.log());
    assert_eq!(cluster.events(), events);
    settles_for_good(&cluster, gate);
}

/// `PolicyReport`s of a server of their own that is down: asked for them, the API server answers with 503.
const NOBODY_SERVES_POLICY_REPORTS: &str = r"
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1alpha2.wgpolicyk8s.io}
spec:
  group: wgpolicyk8s.io
  version: v1alpha2
  groupPriorityMinimum: 100
  versionPriority: 100
  insecureSkipTLSVerify: true
  service: {name: nobody, namespace: default}
";

#[test]
fn nobody_waits_for_reports_that_would_not_be_written() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with_objects();
    cluster.plane.must_with(&["apply", "-f", "-"], NOBODY_SERVES_POLICY_REPORTS);
    let asked = || cluster.plane.kubectl(&["get", "--raw", "/apis/wgpolicyk8s.io/v1alpha2"], "");
    within(60, "they cannot be asked for", || {
        String::from_utf8_lossy(&asked().stderr).contains("unable to handle the request")
    });
    let gate = cluster.gate();
    within(60, "the faults are shown", || is_shown_by(&cluster, OPEN));
    settles_for_good(&cluster, gate);
}
