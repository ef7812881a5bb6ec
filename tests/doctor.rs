//! `ako-gate doctor` against an installation that works, and against each way in which one does not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

mod doctor {
    mod saved;
}

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output};

use serde_json::{Value, json};
use support::control_plane::{ControlPlane, Installed, is_left_out, within};
use support::tls::Authority;
use tempfile::TempDir;

const SETTINGS: &str = "apiVersion: ako-gate/v1\nkind: Settings\nprofile: {akoCloud: CLOUD_VCENTER}\n";
const AKO: &str = "
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: ako, namespace: avi-system, labels: {app.kubernetes.io/name: ako}}
spec:
  serviceName: ako
  selector: {matchLabels: {app: ako}}
  template:
    metadata: {labels: {app: ako}}
    spec: {containers: [{name: ako, image: 'example.com/ako:1.9.3'}]}
";
const ENDPOINTS: &str = "
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ako-gate-x, namespace: ako-gate-system, labels: {kubernetes.io/service-name: ako-gate}}
addressType: IPv6
ports: [{name: https, port: 8443}]
endpoints: [{addresses: ['fd00::5'], conditions: {ready: true}}]
";

struct Patient<'a>(&'a ControlPlane);

impl Patient<'_> {
    fn run(&self, arguments: &[&str]) -> Output {
        let mut doctor = Command::new(env!("CARGO_BIN_EXE_ako-gate"));
        doctor.arg("doctor").args(arguments);
        if !arguments.contains(&"--from") {
            doctor.arg("--kubeconfig").arg(self.0.kubeconfig());
        }
        doctor.output().unwrap()
    }

    /// The exit code, and each check with its state.
    fn states(&self, arguments: &[&str]) -> (Option<i32>, BTreeMap<String, String>) {
        let ran = self.run(&[arguments, &["--format", "json"]].concat());
        let error = String::from_utf8_lossy(&ran.stderr).into_owned();
        let report: Value = serde_json::from_slice(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {error}"));
        let checks = report["checks"].as_array().unwrap();
        let states = checks.iter().map(|check| {
            let text = |key: &str| check[key].as_str().unwrap().to_owned();
            // whatever is not well comes with what to do
            assert_eq!(check["remedy"].is_string(), check["state"] != "ok", "{check}");
            (text("name"), text("state"))
        });
        let states: BTreeMap<_, _> = states.collect();
        let failed = states.values().filter(|state| *state == "fail").count();
        assert_eq!(report["summary"]["fail"], failed, "{report}");
        (ran.status.code(), states)
    }

    /// The checks that fail are these, and no others.
    fn fails(&self, wanted: &[&str]) {
        let (code, states) = self.states(&[]);
        let failed: Vec<&str> =
            states.iter().filter(|(_, state)| *state == "fail").map(|(name, _)| name.as_str()).collect();
        assert_eq!(failed, wanted, "{states:?}");
        assert_eq!(code, Some(i32::from(!wanted.is_empty())));
    }

    fn patch(&self, what: &[&str], kind: &str, patch: &Value) {
        let patch = patch.to_string();
        let patch = ["--type", kind, "-p", &patch];
        self.0.must(&[&["patch"], what, &patch].concat());
    }

    fn settings(&self, text: &str) {
        let what = ["configmap", "-n", "ako-gate-system", "ako-gate-settings"];
        self.patch(&what, "merge", &json!({"data": {"settings.yaml": text}}));
    }
}

const CONFIGURATION: [&str; 2] = ["validatingwebhookconfiguration", "ako-gate"];

fn replace(path: &str, value: &str) -> Value {
    json!([{"op": "replace", "path": format!("/webhooks/0/{path}"), "value": value}])
}

#[test]
fn each_fault_is_found_with_its_remedy() {
    if is_left_out() {
        return;
    }
    let plane = ControlPlane::start("1.36.3");
    let patient = Patient(&plane);
    // nothing but rights is there
    let (code, states) = patient.states(&[]);
    assert_eq!(code, Some(1));
    for name in ["configuration", "settings", "endpoints", "probe"] {
        assert_eq!(states[name], "fail", "{states:?}");
    }

    let installed = Installed::start(&plane, SETTINGS);
    for file in ["settings", "deployment", "service"] {
        plane.must(&["apply", "-f", &format!("manifests/base/{file}.yaml")]);
    }
    plane.must(&["create", "namespace", "avi-system"]);
    plane.must_with(&["create", "-f", "-"], AKO);
    plane.must_with(&["create", "-f", "-"], ENDPOINTS);
    patient.settings(SETTINGS);
    let (code, states) = patient.states(&[]);
    assert!(code == Some(0) && states.values().all(|state| state == "ok"), "{states:?}");
    let human = String::from_utf8(patient.run(&[]).stdout).unwrap();
    assert!(human.contains("AKO 1.9.3") && human.contains("1 over IPv6"), "{human}");
    assert!(human.ends_with("9 ok, 0 to look at, 0 failed, 0 skipped\n"), "{human}");

    offline(&plane, &patient);

    plane.must(&["delete", "endpointslice", "-n", "ako-gate-system", "ako-gate-x"]);
    patient.fails(&["endpoints"]);
    plane.must_with(&["create", "-f", "-"], ENDPOINTS);

    patient.settings("apiVersion: ako-gate/v1\nkind: Settings\nprofil: {}\n");
    patient.fails(&["settings"]);
    patient.settings("apiVersion: ako-gate/v1\nkind: Settings\nprofile: {ako: 1.13.1}\n");
    patient.fails(&["settings"]);
    patient.settings(&format!("{SETTINGS}webhook: {{failurePolicy: Fail}}\n"));
    patient.fails(&["failure-policy"]);
    patient.settings(SETTINGS);

    patient.patch(&CONFIGURATION, "json", &replace("failurePolicy", "Fail"));
    patient.fails(&["failure-policy"]);
    patient.patch(&CONFIGURATION, "json", &replace("failurePolicy", "Ignore"));

    // rights where the settings have the probe
    plane.must(&["create", "namespace", "probes"]);
    patient.settings(&format!("{SETTINGS}webhook: {{probeNamespace: probes}}\n"));
    assert_eq!(patient.states(&[]).1["rbac"], "fail");
    let rights = fs::read_to_string("manifests/base/rbac-probe.yaml").unwrap();
    plane.must_with(&["create", "-f", "-"], &rights.replace("namespace: default", "namespace: probes"));
    assert_eq!(patient.states(&[]).1["rbac"], "ok");
    patient.settings(SETTINGS);

    plane.must(&["delete", "rolebinding", "-n", "ako-gate-system", "ako-gate-certificate"]);
    patient.fails(&["rbac"]);
    plane.must(&["apply", "-f", "manifests/base/rbac-certificate.yaml"]);

    patient.patch(&CONFIGURATION, "json", &json!([{"op": "remove", "path": "/webhooks/0/rules/0"}]));
    let (code, states) = patient.states(&[]);
    assert_eq!(states["configuration"], "warn", "{states:?}");
    // ConfigMaps are among what nobody asks about any more
    within(60, "the probe passes", || patient.states(&[]).1["probe"] == "fail");
    assert!(code.is_some());

    // the gate is gone, and what it kept in agreement falls apart
    let Installed { gate, .. } = &installed;
    assert!(Command::new("kill").arg(gate.pid().to_string()).status().unwrap().success());
    within(60, "the gate has ended", || !gate.is_ready());
    // under Fail the API server says itself that nobody answers
    patient.patch(&CONFIGURATION, "json", &replace("failurePolicy", "Fail"));
    within(60, "the probe is not answered", || patient.states(&[]).1["probe"] == "fail");
    patient.patch(&CONFIGURATION, "json", &replace("failurePolicy", "Ignore"));
    let other = k8s_openapi::ByteString(Authority::new().pem().into_bytes());
    let other = serde_json::to_value(other).unwrap();
    let caught = [("ca-bundle", "ok"), ("certificate", "fail")];
    patient.patch(&CONFIGURATION, "json", &replace("clientConfig/caBundle", other.as_str().unwrap()));
    let (_, states) = patient.states(&[]);
    for (name, state) in caught {
        assert_eq!(states[name], state, "{states:?}");
    }
    patient.patch(&CONFIGURATION, "json", &replace("clientConfig/caBundle", ""));
    assert_eq!(patient.states(&[]).1["ca-bundle"], "fail");
    plane.must(&["delete", "secret", "-n", "ako-gate-system", "ako-gate-ca"]);
    assert_eq!(patient.states(&[]).1["certificate"], "fail");

    // whoever may read nothing is told so
    let gate = plane.gate_kubeconfig();
    let ran = Command::new(env!("CARGO_BIN_EXE_ako-gate"))
        .args(["doctor", "--kubeconfig", gate.to_str().unwrap()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(said.contains("skip  rbac") && said.contains("forbidden"), "{said}");
    // nothing is said of AKO by who may not look for it
    plane.must(&["create", "serviceaccount", "-n", "ako-gate-system", "nobody"]);
    let nobody = plane.kubeconfig_of("nobody");
    let ran = Command::new(env!("CARGO_BIN_EXE_ako-gate"))
        .args(["doctor", "--kubeconfig", nobody.to_str().unwrap()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(said.contains("skip  ako ") && !said.contains("Status {"), "{said}");
}

/// The same from what the help says to save.
fn offline(plane: &ControlPlane, patient: &Patient<'_>) {
    let help = String::from_utf8(patient.run(&["--help"]).stdout).unwrap();
    let folder = TempDir::new().unwrap();
    let mut arguments = Vec::new();
    for line in help
        .lines()
        .filter_map(|line| line.trim().strip_prefix("kubectl ").filter(|line| line.contains(" > ")))
    {
        let (command, file) = line.split_once(" > ").unwrap();
        let path = folder.path().join(file);
        fs::write(&path, plane.must(&command.split(' ').collect::<Vec<_>>())).unwrap();
        arguments.extend(["--from".to_owned(), path.to_str().unwrap().to_owned()]);
    }
    assert_eq!(arguments.len(), 6, "{help}");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (code, states) = patient.states(&arguments);
    assert_eq!(code, Some(0));
    let skipped: Vec<&str> =
        states.iter().filter(|(_, state)| *state != "ok").map(|(name, _)| name.as_str()).collect();
    assert_eq!(skipped, ["certificate", "probe"], "{states:?}");
}
