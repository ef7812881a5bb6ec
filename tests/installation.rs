//! Both ways to install, against each other and against a real API server.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "what is still missing is said aloud")]

mod support;

mod installation {
    mod rights;
}

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use ako_gate::decode::{self, yaml};
use ako_gate::model::Node;
use serde_json::Value;
use support::control_plane::{ControlPlane, is_left_out, root};
use support::json;
use tempfile::TempDir;

/// A form of the installation: the overlay, and the flag of `ako-gate manifests`, the value of the chart.
const FORMS: [(&str, &str, &str); 7] = [
    ("manifests", "", ""),
    ("manifests/overlays/high-availability", "--high-availability", "highAvailability=true"),
    ("manifests/overlays/cert-manager", "--cert-manager", "certManager=true"),
    ("manifests/overlays/client-certificates", "--client-certificates", "clientCertificates=true"),
    ("manifests/overlays/monitoring", "--monitoring", "monitoring=true"),
    ("manifests/overlays/dashboard", "--dashboard", "dashboard=true"),
    ("manifests/overlays/admission-policy", "--admission-policy", "admissionPolicy=true"),
];

/// Groups whose objects only some clusters know.
const FOREIGN: [&str; 2] = ["cert-manager.io/v1", "monitoring.coreos.com/v1"];

fn helm(arguments: &[&str]) -> std::process::Output {
    let helm = root().join("target/control-plane/helm/helm");
    assert!(helm.exists(), "{} is not built: make control-plane", helm.display());
    Command::new(helm).args(arguments).current_dir(root()).output().unwrap()
}

fn kubectl() -> PathBuf {
    let ready = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
    ready.unwrap_or_else(|| root().join("target/control-plane/1.36.3")).join("kubectl")
}

fn text(output: std::process::Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn with_kustomize(folder: &str) -> String {
    text(Command::new(kubectl()).args(["kustomize", folder]).current_dir(root()).output().unwrap())
}

fn with_helm(values: &[&str]) -> String {
    let mut arguments = vec!["template", "ako-gate", "manifests/chart"];
    values.iter().filter(|value| !value.is_empty()).for_each(|value| arguments.extend(["--set", value]));
    text(helm(&arguments))
}

fn with_manifests(arguments: &[&str]) -> std::process::Output {
    let arguments = arguments.iter().filter(|argument| !argument.is_empty());
    Command::new(env!("CARGO_BIN_EXE_ako-gate")).arg("manifests").args(arguments).output().unwrap()
}

fn documents(text: &str) -> Vec<Value> {
    let documents = yaml::parse(text).into_iter().map(|document| json::value(Node::root(&document.unwrap())));
    documents.filter(|document| !document.is_null()).collect()
}

fn identity(object: &Value) -> String {
    let of = |key: &str| object["metadata"][key].as_str().unwrap_or_default();
    format!("{} {} {}", object["kind"].as_str().unwrap(), of("namespace"), of("name"))
}

/// The objects by identity. Settings are compared as what they say, since the chart writes them without comments.
fn objects(text: &str) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for mut object in documents(text) {
        if let Some(settings) = object["data"]["settings.yaml"].as_str() {
            let parsed = decode::settings::parse(settings);
            object["data"]["settings.yaml"] = Value::String(format!("{parsed:?}"));
        }
        let identity = identity(&object);
        assert!(found.insert(identity.clone(), object).is_none(), "{identity} twice");
    }
    found
}

#[test]
fn every_way_installs_the_same() {
    if is_left_out() {
        return;
    }
    for (folder, flag, value) in FORMS {
        let kustomize = with_kustomize(folder);
        let wanted = objects(&kustomize);
        let ways = [with_helm(&[value]), text(with_manifests(&[flag]))];
        for (way, name) in ways.iter().zip(["the chart", "ako-gate manifests"]) {
            let found = objects(way);
            let (wanted_names, found_names): (Vec<_>, Vec<_>) =
                (wanted.keys().collect(), found.keys().collect());
            assert_eq!(found_names, wanted_names, "{name}, {folder}");
            for (identity, object) in &found {
                assert_eq!(object, &wanted[identity], "{name}, {folder}: {identity}");
            }
        }
        // kubectl applies and deletes in this order
        for text in [&kustomize, &ways[1]] {
            let order: Vec<String> = documents(text).iter().map(identity).collect();
            assert_eq!(order[0], "ValidatingWebhookConfiguration  ako-gate", "{folder}");
            assert_eq!(order[1], "Namespace  ako-gate-system", "{folder}");
        }
    }
}

#[test]
fn choices_reach_every_way() {
    if is_left_out() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("settings.yaml");
    let body = "profile: {akoCloud: CLOUD_VCENTER}\nwebhook: {failurePolicy: Fail, probeNamespace: probes}\n";
    fs::write(&file, format!("apiVersion: ako-gate/v1\nkind: Settings\n{body}")).unwrap();
    let printed =
        text(with_manifests(&["--config", file.to_str().unwrap(), "--image", "example.com/gate:1"]));
    let chart = with_helm(&[
        "image=example.com/gate:1",
        "settings.profile.akoCloud=CLOUD_VCENTER",
        "settings.webhook.failurePolicy=Fail",
        "settings.webhook.probeNamespace=probes",
    ]);
    let (printed, chart) = (objects(&printed), objects(&chart));
    assert!(printed.keys().eq(chart.keys()));
    for (identity, object) in &printed {
        assert_eq!(object, &chart[identity]);
    }
    assert!(printed.contains_key("Role probes ako-gate-probe"), "{:?}", printed.keys());
    let container =
        &printed["Deployment ako-gate-system ako-gate"]["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], "example.com/gate:1");

    // what the gate would refuse is refused before it is installed
    fs::write(&file, "apiVersion: ako-gate/v1\nkind: Settings\nwebhook: {failurePolicy: Never}\n").unwrap();
    let refused = with_manifests(&["--config", file.to_str().unwrap()]);
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("settings.yaml:3:"), "{refused:?}");
    for wrong in [
        "settings.webhook.failurePolicy=Never",
        "settings.webhook.probeNamespace=kube-system",
        "settings.rules.ako/unknown-ip-familie=warn",
        "settings.log=loud",
        "settings.profile.ako=newest",
        "settings.profile.akoNamespace=",
        "replicas=3",
        "highAvailability=yes please",
        // which takes the default away
        "image=null",
    ] {
        let refused = helm(&["template", "ako-gate", "manifests/chart", "--set", wrong]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && said.contains("values don't meet"), "{wrong}: {said}");
    }
    // what is there and empty means the same as what is not there
    let usual = objects(&with_helm(&["admissionPolicy=true"]));
    for empty in ["settings", "settings.webhook", "settings.profile", "settings.rules", "settings.exemptions"]
    {
        let found = objects(&with_helm(&["admissionPolicy=true", &format!("{empty}=null")]));
        assert_eq!(found, usual, "{empty}");
    }
    let linted = helm(&["lint", "--strict", "manifests/chart"]);
    assert!(linted.status.success(), "{}", String::from_utf8_lossy(&linted.stdout));
}

/// The chart of a release installs the image of that release.
#[test]
fn a_released_chart_names_the_released_image() {
    if is_left_out() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let mut make = Command::new("make");
    make.args(["-s", "dist-chart"]).arg(format!("DIST={}", folder.path().display())).current_dir(root());
    text(make.output().unwrap());
    let version = env!("CARGO_PKG_VERSION");
    let chart = folder.path().join(format!("ako-gate-{version}.tgz"));
    let printed = objects(&text(helm(&["template", "ako-gate", chart.to_str().unwrap()])));
    let pod = &printed["Deployment ako-gate-system ako-gate"]["spec"]["template"]["spec"];
    assert_eq!(pod["containers"][0]["image"], format!("ako-gate:{version}"));
    assert_eq!(printed.len(), objects(&with_helm(&[])).len(), "links are followed");
}

/// The policy knows no settings: neither way installs it beside settings that would let pass what it refuses.
#[test]
fn the_admission_policy_is_not_installed_against_the_settings() {
    if is_left_out() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("settings.yaml");
    let rule = "ako/ipv6-vip-on-load-balancer";
    let exemption = |rule: &str| {
        format!("exemptions: [{{rule: {rule}, match: {{kind: Service}}, reason: known, owner: us}}]")
    };
    let settings = [
        ("profile: {ako: 1.11.5, akoNamespace: avi}".to_owned(), ""),
        (format!("rules: {{'*': warn, {rule}: deny}}"), ""),
        (format!("rules: {{'*': warn, {rule}: {{webhook: deny}}}}"), ""),
        ("rules: {ako/*: {check: warn, reconcile: off}}".to_owned(), ""),
        (exemption("ako/dual-vip-network-under-load-balancer"), ""),
        ("profile: {ako: '1.12'}".to_owned(), "before 1.12.1"),
        ("profile: {ako: v2.1.1}".to_owned(), "before 1.12.1"),
        ("rules: {'*': warn}".to_owned(), "lower or exempt"),
        ("rules: {'*': deny, ako/*: {webhook: off}}".to_owned(), "lower or exempt"),
        (format!("rules: {{{rule}: off}}"), "lower or exempt"),
        (exemption(rule), "lower or exempt"),
        (exemption("'*'"), "lower or exempt"),
    ];
    for (body, refused) in settings {
        fs::write(&file, format!("apiVersion: ako-gate/v1\nkind: Settings\n{body}\n")).unwrap();
        let config = file.to_str().unwrap();
        let printed = with_manifests(&["--admission-policy", "--config", config]);
        let values = folder.path().join("values.yaml");
        fs::write(&values, format!("admissionPolicy: true\nsettings:\n  {body}\n")).unwrap();
        let chart = helm(&["template", "ako-gate", "manifests/chart", "-f", values.to_str().unwrap()]);
        for made in [&printed, &chart] {
            let said = String::from_utf8_lossy(&made.stderr);
            assert_eq!(made.status.success(), refused.is_empty(), "{body}: {said}");
            assert!(said.contains(refused), "{body}: {said}");
        }
        if refused.is_empty() {
            let (printed, chart) = (objects(&text(printed)), objects(&text(chart)));
            let binding = "ValidatingAdmissionPolicyBinding  ako-gate-ipv6-vip-on-load-balancer";
            assert_eq!(printed[binding], chart[binding], "{body}");
            let namespace = if body.contains("akoNamespace") { "avi" } else { "avi-system" };
            assert_eq!(printed[binding]["spec"]["paramRef"]["namespace"], namespace);
        }
    }
}

/// Below 1.28 there are no match conditions.
#[test]
fn older_clusters_are_asked_about_less_by_selectors() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("settings.yaml");
    let webhooks = |release: &str| {
        let body = format!("profile: {{kubernetes: \"{release}\", akoNamespace: avi}}\n");
        fs::write(&file, format!("apiVersion: ako-gate/v1\nkind: Settings\n{body}")).unwrap();
        let printed = objects(&text(with_manifests(&["--config", file.to_str().unwrap()])));
        printed["ValidatingWebhookConfiguration  ako-gate"]["webhooks"].as_array().unwrap().clone()
    };
    assert_eq!(webhooks("1.28").len(), 1);
    let old = webhooks("1.27");
    let names: Vec<&str> = old.iter().map(|webhook| webhook["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["validate.ako-gate.svc", "configmap.ako-gate.svc", "probe.ako-gate.svc"]);
    for (webhook, configmaps) in old.iter().zip([false, true, true]) {
        assert_eq!(webhook.get("matchConditions"), None);
        let resources = json::texts(webhook, "rules.*.resources.*");
        assert_eq!(resources.contains(&"configmaps"), configmaps, "{resources:?}");
        assert_eq!(resources.len() == 1, configmaps, "{resources:?}");
        assert_eq!(webhook["failurePolicy"], "Ignore");
    }
    assert_eq!(json::texts(&old[1], "namespaceSelector.matchExpressions.*.values.*"), ["avi"]);
    let label = &old[2]["objectSelector"]["matchLabels"]["app.kubernetes.io/name"];
    assert_eq!(label, "ako-gate-probe");
    if is_left_out() {
        return;
    }
    // the oldest server there is takes it
    let plane = ControlPlane::start("1.30.14");
    let printed = text(with_manifests(&["--config", file.to_str().unwrap()]));
    plane.must(&["create", "namespace", "avi"]);
    plane.must_with(&["apply", "--server-side", "--force-conflicts", "-f", "-"], &printed);
}

/// The API server takes every object as it is; of the others, whose kinds it does not know, the shape is checked.
#[test]
fn the_api_server_takes_every_object() {
    if is_left_out() {
        return;
    }
    let plane = ControlPlane::start("1.36.3");
    for (folder, ..) in FORMS {
        let (foreign, known): (Vec<Value>, Vec<Value>) = documents(&with_kustomize(folder))
            .into_iter()
            .partition(|object| FOREIGN.contains(&object["apiVersion"].as_str().unwrap()));
        let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": known});
        let apply = [
            "apply",
            "--server-side",
            "--force-conflicts",
            "--dry-run=server",
            "--validate=strict",
            "-f",
            "-",
        ];
        let answered = plane.must_with(&apply, &list.to_string());
        assert_eq!(answered.lines().count(), known.len(), "{answered}");
        assert!(!answered.contains("Warning"), "{answered}");
        for object in foreign {
            assert_eq!(object["metadata"]["namespace"], "ako-gate-system", "{object}");
            assert!(object["spec"].as_object().is_some_and(|spec| !spec.is_empty()), "{object}");
        }
    }
}
