//! kubectl against a real API server with the gate in front: exactly what people see.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use support::control_plane::{ControlPlane, Installed, is_left_out, root};
use support::transcript::{self, Transcript};

/// Replays transcripts, with one gate for all that share a profile.
fn replay(version: &str, bless: bool, wanted: impl Fn(&Transcript) -> bool) {
    if is_left_out() {
        return;
    }
    let plane = ControlPlane::start(version);
    let mut transcripts = transcript::all(&root().join("tests/api_server"));
    transcripts.retain(wanted);
    assert!(!transcripts.is_empty());
    transcripts.sort_by(|a, b| (&a.profile, a.name()).cmp(&(&b.profile, b.name())));
    let mut failures = Vec::new();
    for same in transcripts.chunk_by(|a, b| a.profile == b.profile) {
        let installed = Installed::start(&plane, &same[0].settings());
        failures.extend(same.iter().filter_map(|transcript| transcript.replay(&plane, bless)));
        drop(installed);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn kubectl_prints_what_the_transcripts_say() {
    // AKO_GATE_BLESS=1 writes what is printed into the transcripts, for a reviewer to read
    let bless = std::env::var("AKO_GATE_BLESS").is_ok_and(|value| value == "1");
    replay("1.36.3", bless, |_| true);
}

/// Transcripts named `core-` hold on the oldest API server as well.
#[test]
fn the_core_holds_on_the_oldest_api_server() {
    replay("1.30.14", false, |transcript| transcript.name().starts_with("core-"));
}

/// Runs `ako-gate check` against the cluster of `kubeconfig`; the exit code and the JSON it prints.
fn check_live(kubeconfig: &Path, arguments: &[&str]) -> (Option<i32>, Value) {
    run_live("check", kubeconfig, arguments)
}

/// The same for any command that looks at a cluster.
fn run_live(command: &str, kubeconfig: &Path, arguments: &[&str]) -> (Option<i32>, Value) {
    let ran = Command::new(env!("CARGO_BIN_EXE_ako-gate"))
        .args([command, "--live", "--format", "json", "--profile", "ako=1.9.3", "--profile"])
        .args(["akoCloud=CLOUD_VCENTER"])
        .args(arguments)
        .arg("--kubeconfig")
        .arg(kubeconfig)
        .current_dir(root())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&ran.stderr);
    (ran.status.code(), serde_json::from_slice(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {error}")))
}

/// Rule, object and field of each finding.
fn found(report: &Value) -> BTreeSet<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|f| format!("{} {} {}", f["rule"], f["object"]["name"], f["field"])).collect()
}

/// What was let in while no gate was there is found, with the same findings as the files it came from.
#[test]
fn check_live_finds_what_the_cluster_holds() {
    if is_left_out() {
        return;
    }
    let plane = ControlPlane::start("1.36.3");
    let folders = ["tests/examples/accepted", "tests/examples/refused"];
    for name in ["avi-system", "shop"] {
        plane.kubectl(&["create", "namespace", name], "");
    }
    // files of the second folder replace AKO's configuration of the first
    for folder in folders {
        plane.must(&["apply", "--server-side", "-f", folder]);
    }

    let (code, live) = check_live(&plane.kubeconfig(), &[]);
    let found_live = found(&live);
    assert_eq!(code, Some(1), "{live:#}");
    for name in ["web-ipv6", "avi-k8s-config"] {
        assert!(found_live.iter().any(|finding| finding.contains(name)), "{name}: {found_live:#?}");
    }
    assert_eq!(live["profile"]["kubernetes"]["value"], "v1.36.3", "{live:#}");
    assert_eq!(live["unreadable"], Value::Array(Vec::new()));

    // the same objects as kubectl prints them
    let kinds = "services,configmaps,ingresses,ingressclasses,namespaces,aviinfrasettings";
    let dump = plane.must(&["get", kinds, "--all-namespaces", "-o", "yaml"]);
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("dump.yaml"), dump).unwrap();
    let file = folder.path().join("dump.yaml");
    let (_, from_file) = check_live(&plane.kubeconfig(), &[file.to_str().unwrap()]);
    assert_eq!(found(&from_file), found_live);

    // a file is judged with what the cluster holds around it, and the rest of the cluster is not judged
    let service = root().join("tests/examples/refused/10-load-balancer-ipv6.yaml");
    let (_, one) = check_live(&plane.kubeconfig(), &[service.to_str().unwrap()]);
    assert!(!found(&one).is_empty() && found(&one).iter().all(|f| f.contains("web-ipv6")), "{one:#}");

    // plans are made of the same objects
    let (code, plan) = run_live("plan", &plane.kubeconfig(), &[]);
    assert!(code == Some(0) && plan.to_string().contains("web-ipv6"), "{plan:#}");
    let (_, planned_file) = run_live("plan", &plane.kubeconfig(), &[file.to_str().unwrap()]);
    assert!(plan["configAccepted"].is_boolean() && plan["pools"].is_array(), "{plan:#}");
    for key in ["configuration", "configAccepted", "virtualServices", "pools", "unknown"] {
        assert_eq!(plan[key], planned_file[key], "{key}");
    }
    let (_, changed) = run_live("what-if", &plane.kubeconfig(), &["--to", "ipFamily=V9"]);
    assert!(changed.to_string().contains("ako/unknown-ip-family"), "{changed:#}");

    // who may not list a kind is told so, and the rest is judged
    let (code, some) = check_live(&plane.gate_kubeconfig(), &[]);
    assert_eq!(code, Some(2), "{some:#}");
    let unreadable = some["unreadable"].to_string();
    assert!(unreadable.contains("<cluster>") && unreadable.contains("forbidden"), "{unreadable}");
    assert!(!unreadable.contains("Status {"), "in the API server's own words: {unreadable}");
    assert!(found(&some).iter().any(|finding| finding.contains("web-ipv6")), "{some:#}");
}
