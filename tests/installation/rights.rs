//! What the gate may do, on a real API server: as SECURITY.md says, and nothing that it does not use.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ako_gate::reconcile::target::TARGETS;
use serde_json::Value;

use crate::support::control_plane::{
    ControlPlane, Installed, is_left_out, open_reports, policy_reports, root, within,
};

/// Where it holds (`everywhere`, or a namespace), the resource, the one object's name where it is narrowed, the verb.
type Right = (String, String, String, String);

const EVERYWHERE: &str = "everywhere";
/// Namespaces with rights of their own.
const NAMESPACES: [&str; 2] = ["ako-gate-system", "default"];

const OLD: &str = "apiVersion: ako-gate/v1\nkind: Settings\n\
    profile: {ako: 1.11.5, akoCloud: CLOUD_VCENTER, pin: true}\nwebhook: {failurePolicy: Fail}\n";
const NEW: &str = "apiVersion: ako-gate/v1\nkind: Settings\n\
    profile: {ako: 2.1.1, akoCloud: CLOUD_VCENTER, platform: kubernetes, pin: true}\nwebhook: {failurePolicy: Fail}\n";
const OFF: &str = "apiVersion: ako-gate/v1\nkind: Settings\nrules: {'*': off}\n";

/// What `kubectl auth can-i --list` says of an account in a namespace: resource, name or nothing, verb.
fn can_do(plane: &ControlPlane, account: &str, namespace: &str) -> BTreeSet<(String, String, String)> {
    let account = format!("system:serviceaccount:{account}");
    let listed = plane.must(&["auth", "can-i", "--list", "--no-headers", "--as", &account, "-n", namespace]);
    let mut rights = BTreeSet::new();
    for line in listed.lines() {
        // the resource, then three lists in brackets: paths, names and verbs
        let (resource, lists) = line.split_once('[').unwrap();
        let lists: Vec<&str> = lists.split('[').map(|list| list.trim().trim_end_matches(']')).collect();
        let [_, names, verbs] = lists[..] else { panic!("{line}") };
        let names: Vec<&str> = if names.is_empty() { vec![""] } else { names.split(' ').collect() };
        for (name, verb) in names.iter().flat_map(|name| verbs.split(' ').map(move |verb| (name, verb))) {
            rights.insert((resource.trim().to_owned(), (*name).to_owned(), verb.to_owned()));
        }
    }
    rights
}

/// What the gate may do beyond what every account may.
fn granted(plane: &ControlPlane) -> BTreeSet<Right> {
    plane.must(&["create", "serviceaccount", "-n", "default", "anybody"]);
    let own = |namespace: &str| {
        let every = can_do(plane, "default:anybody", namespace);
        &can_do(plane, "ako-gate-system:ako-gate", namespace) - &every
    };
    let everywhere = own("kube-public");
    let within = |name: &str, rights: BTreeSet<(String, String, String)>| {
        let name = name.to_owned();
        rights.into_iter().map(move |(resource, only, verb)| (name.clone(), resource, only, verb))
    };
    let of_namespaces = NAMESPACES.map(|namespace| within(namespace, &own(namespace) - &everywhere));
    within(EVERYWHERE, everywhere.clone()).chain(of_namespaces.into_iter().flatten()).collect()
}

/// The rows of the table of rights in SECURITY.md.
fn documented() -> BTreeSet<Right> {
    let page = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let (_, section) = page.split_once("## What the gate may do").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut rights = BTreeSet::new();
    for row in section.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let cells: Vec<Vec<&str>> =
            row.split('|').map(|cell| cell.split('`').skip(1).step_by(2).collect()).collect();
        let [_, places, resources, names, verbs, ..] = &cells[..] else { panic!("{row}") };
        let place = places.first().copied().unwrap_or(EVERYWHERE);
        let names = if names.is_empty() { &vec![""] } else { names };
        for resource in resources {
            for (name, verb) in names.iter().flat_map(|name| verbs.iter().map(move |verb| (name, verb))) {
                let right = [place, resource, name, verb].map(str::to_owned);
                assert!(rights.insert(right.clone().into()), "{right:?} twice");
            }
        }
    }
    rights
}

/// Everything the gate has asked for so far, as the API server's audit log has it.
fn asked(plane: &ControlPlane) -> Vec<Value> {
    let log = fs::read_to_string(plane.dir().join("audit.log")).unwrap();
    // the last line may be half written
    let whole = log.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Whether a request was one that a right allows.
fn is_use(event: &Value, (place, resource, name, verb): &Right) -> bool {
    let object = &event["objectRef"];
    let text = |key: &str| object[key].as_str().unwrap_or_default();
    let asked = format!("{}.{}", text("resource"), text("apiGroup"));
    asked.trim_end_matches('.') == resource
        && event["verb"] == verb.as_str()
        && (name.is_empty() || text("name") == name)
        && (place == EVERYWHERE || text("namespace") == place)
}

fn unused(plane: &ControlPlane, rights: &BTreeSet<Right>) -> Vec<Right> {
    let asked = asked(plane);
    let is_used = |right: &&Right| asked.iter().any(|event| is_use(event, right));
    rights.iter().filter(|right| !is_used(right)).cloned().collect()
}

fn failed_writes(metrics: &str) -> u64 {
    let line = metrics.lines().find(|line| line.contains("report_writes_total{outcome=\"failed\"}"));
    line.map_or(0, |line| line.rsplit_once(' ').unwrap().1.parse().unwrap())
}

fn reports(plane: &ControlPlane) -> usize {
    count(plane, "reports,clusterreports")
}

fn count(plane: &ControlPlane, kinds: &str) -> usize {
    plane.must(&["get", kinds, "-A", "-o", "name"]).lines().count()
}

fn serve(plane: &ControlPlane, crds: &Path) {
    plane.must(&["apply", "--server-side", "-f", crds.to_str().unwrap()]);
    plane.must(&["wait", "--for=condition=Established", "--timeout=30s", "crd", "--all"]);
}

/// Every right is used at least once while a gate starts, publishes what it finds, takes that back and mends its Secret,
/// and nothing else is asked for. To create a report by a patch takes a right that no log shows: it is taken away once for
/// each API of reports.
#[test]
fn each_right_is_documented_and_used() {
    if is_left_out() {
        return;
    }
    let policy = root().join("tests/installation/audit.yaml");
    let policy = format!("--audit-policy-file={}", policy.display());
    // lists are asked for where the API server streams none
    let flags = [&policy, "--audit-log-path=audit.log", "--feature-gates=WatchList=false"];
    let plane = ControlPlane::start_with("1.36.3", &flags);
    let granted = granted(&plane);
    let documented = documented();
    let extra: Vec<_> = granted.difference(&documented).collect();
    let missing: Vec<_> = documented.difference(&granted).collect();
    assert!(extra.is_empty() && missing.is_empty(), "add to SECURITY.md {extra:#?}, take out {missing:#?}");

    serve(&plane, Path::new("tests/crds/openshift"));
    serve(&plane, &policy_reports());
    plane.must(&["apply", "-f", "tests/installation/faults.yaml"]);
    let status = r#"{"status":{"phase":"Running","podIPs":[{"ip":"10.9.1.5"}]}}"#;
    plane.must(&["patch", "pod", "-n", "avi-system", "ako-0", "--subresource=status", "-p", status]);

    // reports are created by a patch, for which two rights are needed
    let take_away = || {
        let role = plane.must(&["get", "clusterrole", "ako-gate", "-o", "yaml"]);
        let lesser = role.replace("- list\n  - create\n  - patch\n", "- list\n  - patch\n");
        assert_eq!(role.len() - lesser.len(), TARGETS.len() * "  - create\n".len());
        plane.must_with(&["replace", "-f", "-"], &lesser);
    };
    let give_back = || plane.must(&["apply", "-f", "manifests/base/rbac.yaml"]);

    take_away();
    let installed = Installed::start(&plane, OLD);
    let gate = &installed.gate;
    let failed = || failed_writes(&gate.admin_get("/metrics").unwrap().1);
    let of_policy = || count(&plane, "policyreports,clusterpolicyreports");
    within(60, "policy reports cannot be created", || failed() > 0);
    assert_eq!(of_policy(), 0);
    give_back();
    within(60, "findings are published where there is nothing better", || of_policy() >= 3);
    serve(&plane, &open_reports());
    within(60, "findings are published", || reports(&plane) >= 3 && of_policy() == 0);
    // what is found again is counted on the Event that is there
    gate.set_settings(OFF);
    within(60, "nothing is found", || reports(&plane) == 0);

    take_away();
    let before = failed();
    gate.set_settings(OLD);
    within(60, "reports cannot be created", || failed() > before);
    assert_eq!(reports(&plane), 0);
    give_back();
    within(60, "findings are published again", || reports(&plane) >= 3);

    gate.set_settings(NEW);
    let damage = r#"{"data":{"ca.key":null}}"#;
    plane.must(&["patch", "secret", "-n", "ako-gate-system", "ako-gate-ca", "-p", damage]);
    let is_report = |resource: &str| resource.split('.').next().unwrap().ends_with("reports");
    let by_patch = |(_, resource, _, verb): &Right| verb == "create" && is_report(resource);
    within(90, "every right is used", || {
        let unused = unused(&plane, &granted);
        println!("not used so far: {unused:?}");
        unused.iter().all(by_patch)
    });
    let refused: Vec<Value> = asked(&plane)
        .into_iter()
        .filter(|event| event["annotations"]["authorization.k8s.io/decision"] == "forbid")
        .collect();
    let is_create = |event: &Value| {
        let group = event["objectRef"]["apiGroup"].as_str().unwrap_or("");
        event["verb"] == "patch" && TARGETS.iter().any(|target| target.group == group)
    };
    assert!(refused.iter().all(is_create), "the gate asks for more than it may: {refused:#?}");
}
