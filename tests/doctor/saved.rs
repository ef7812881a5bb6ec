//! Saved objects, each check in each way it can end that a cluster does not show quickly.

use std::fs;
use std::process::Command;
use std::time::{Duration, SystemTime};

use ako_gate::webhook::authority::Authority;
use k8s_openapi::ByteString;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;

const NAME: &str = "ako-gate.ako-gate-system.svc";
const DAY: Duration = Duration::from_hours(24);

/// The state of a check over these objects, and what it says with its remedy.
fn check(name: &str, objects: &[Value]) -> (String, String) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("saved.json");
    fs::write(&file, json!({"kind": "List", "items": objects}).to_string()).unwrap();
    let mut doctor = Command::new(env!("CARGO_BIN_EXE_ako-gate"));
    let ran = doctor.args(["doctor", "--format", "json", "--from"]).arg(&file).output().unwrap();
    let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let check = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap();
    let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
    assert_eq!(text("remedy").is_empty(), text("state") == "ok", "{check}");
    (text("state"), format!("{}; {}", text("message"), text("remedy")))
}

fn is(name: &str, objects: &[Value], state: &str, says: &str) {
    let (found, said) = check(name, objects);
    assert!(found == state && said.contains(says), "{name} is not {state} with {says:?}: {found}, {said}");
}

fn bytes(pem: &str) -> Value {
    serde_json::to_value(ByteString(pem.as_bytes().to_vec())).unwrap()
}

fn configuration(bundle: &str) -> Value {
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "ako-gate"},
        "webhooks": [{
            "name": "validate.ako-gate.svc", "admissionReviewVersions": ["v1"], "sideEffects": "None",
            "clientConfig": {
                "service": {"name": "ako-gate", "namespace": "ako-gate-system"}, "caBundle": bytes(bundle),
            },
        }],
    })
}

fn secret(name: &str, key: &str, pem: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "ako-gate-system"},
        "data": {key: bytes(pem)},
    })
}

/// A Deployment that serves `FOLDER/tls.crt` of a Secret.
fn mounting(secret: &str, arguments: &Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "ako-gate", "namespace": "ako-gate-system"},
        "spec": {"template": {"spec": {
            "containers": [{"name": "ako-gate", "args": arguments, "volumeMounts": [
                {"name": "settings", "mountPath": "/etc/ako-gate"}, {"name": "own", "mountPath": "/own/tls"},
            ]}],
            "volumes": [{"name": "settings"}, {"name": "own", "secret": {"secretName": secret}}],
        }}},
    })
}

fn config_map(name: &str, namespace: &str, data: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data,
    })
}

/// With a namespace of its own for the probe, and for an API server without match conditions.
#[test]
fn what_is_installed_for_some_settings_is_in_order() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str| folder.path().join(name);
    for body in ["", "webhook: {probeNamespace: probes}", "profile: {kubernetes: '1.25'}"] {
        fs::write(file("settings.yaml"), format!("apiVersion: ako-gate/v1\nkind: Settings\n{body}\n"))
            .unwrap();
        let run = || Command::new(env!("CARGO_BIN_EXE_ako-gate"));
        let printed = run().args(["manifests", "--config"]).arg(file("settings.yaml")).output().unwrap();
        fs::write(file("objects.yaml"), printed.stdout).unwrap();
        let doctor = run().args(["doctor", "--from"]).arg(file("objects.yaml")).output().unwrap();
        let said = String::from_utf8(doctor.stdout).unwrap();
        for check in ["rbac", "configuration"] {
            let line = format!("ok    {check} ");
            assert!(said.lines().any(|found| found.starts_with(&line)), "{body}: {said}");
        }
    }
}

#[test]
fn an_authority_of_the_gates_own_is_looked_at() {
    let now = SystemTime::now();
    let of = |days: u32, over: u32| Authority::new(now - over * DAY, days * DAY).unwrap();
    let (fresh, other, soon, over) = (of(365, 0), of(365, 0), of(365, 362), of(30, 31));
    let own = |authority: &Authority| secret("ako-gate-ca", "ca.crt", authority.certificate_pem());
    let trusts = |authority: &Authority| configuration(authority.certificate_pem());
    for (name, objects, state, says) in [
        ("certificate", [own(&fresh), trusts(&fresh)], "ok", "expires in 364 days"),
        ("ca-bundle", [own(&fresh), trusts(&fresh)], "ok", "1 in it"),
        ("certificate", [own(&fresh), trusts(&other)], "fail", "the CA of the Secret is not in the caBundle"),
        ("certificate", [own(&soon), trusts(&soon)], "fail", "expires in 2 days and was not renewed"),
        ("ca-bundle", [own(&soon), trusts(&soon)], "fail", "its last certificate expires in 2 days"),
        ("certificate", [own(&over), trusts(&over)], "fail", "expired 1 days ago"),
        ("ca-bundle", [own(&over), trusts(&over)], "fail", "no certificate in it is valid now"),
        (
            "certificate",
            [secret("ako-gate-ca", "ca.crt", "?"), trusts(&fresh)],
            "fail",
            "holds no certificate in ca.crt; delete the Secret",
        ),
    ] {
        is(name, &objects, state, says);
    }
}

#[test]
fn a_mounted_certificate_is_looked_at_where_it_is_mounted_from() {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "somebody's CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let leaf = |name: &str| CertificateParams::new([name.to_owned()]).unwrap();
    let issue = |name: &str| leaf(name).signed_by(&KeyPair::generate().unwrap(), &authority).unwrap().pem();
    let of = |pem: &str| secret("my-tls", "tls.crt", pem);
    let split = mounting("my-tls", &json!(["serve", "--tls-cert-file", "/own/tls/tls.crt", "--log-json"]));
    let joined = mounting("my-tls", &json!(["serve", "--tls-cert-file=/own/tls/tls.crt"]));
    let (good, trusting) = (issue(NAME), configuration(&authority.pem()));
    for mounting in [split, joined] {
        let says = "the caBundle trusts it";
        is("certificate", &[mounting.clone(), of(&good), trusting.clone()], "ok", says);
        // an API server trusts what stands in the bundle itself
        let own = leaf(NAME).self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
        is("certificate", &[mounting.clone(), of(&own), configuration(&own)], "ok", says);
        let says = "the caBundle does not trust the mounted chain: validate.ako-gate.svc: ";
        is("certificate", &[mounting.clone(), of(&own), trusting.clone()], "fail", says);
        let elsewhere = issue("ako-gate.elsewhere.svc");
        is("certificate", &[mounting.clone(), of(&elsewhere), trusting.clone()], "fail", says);
        let says = "there is no Secret my-tls";
        is("certificate", &[mounting, secret("other", "a", ""), trusting.clone()], "fail", says);
    }
}

#[test]
fn settings_and_ako_are_looked_at_together() {
    let saying = |body: &str| {
        let text = format!("apiVersion: ako-gate/v1\nkind: Settings\n{body}\n");
        config_map("ako-gate-settings", "ako-gate-system", &json!({"settings.yaml": text}))
    };
    let configured = config_map("avi-k8s-config", "avi-system", &json!({"cloudName": "lab"}));
    let exemption = "exemptions: [{rule: ako/*, match: {name: a}, reason: r, owner: o, expires: 2020-01-01}]";
    for (name, body, state, says) in [
        ("settings", "profile: {akoCloud: CLOUD_NONE}", "ok", "they can be used"),
        ("settings", "", "warn", "state profile.akoCloud"),
        ("settings", exemption, "warn", "exemptions that have expired: ako/*"),
        ("settings", "profile: {akoCloud: cloudy}", "fail", "settings.yaml:3:"),
        ("ako", "profile: {ako: 1.9.3}", "ok", "AKO 1.9.3 (settings), in avi-system"),
        ("ako", "", "warn", "release cannot be read"),
    ] {
        is(name, &[saying(body), configured.clone()], state, says);
    }
    // that nothing of AKO is among some files does not say that there is none
    is("ako", &[saying("profile: {kubernetes: '1.36'}")], "warn", "there is no sign of AKO");
    let other = config_map("kube-root-ca.crt", "ako-gate-system", &json!({}));
    is("settings", &[other], "fail", "there is no ConfigMap ako-gate-settings");
    is("settings", &[configured], "skipped", "no ConfigMap is among the files");
}

#[test]
fn endpoints_that_are_not_ready_do_not_count() {
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "ako-gate", "namespace": "ako-gate-system"},
    });
    let slice = |ready: &Value| {
        json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {
                "name": "a", "namespace": "ako-gate-system",
                "labels": {"kubernetes.io/service-name": "ako-gate"},
            },
            "endpoints": [{"addresses": ["10.0.0.1"], "conditions": ready}],
        })
    };
    is("endpoints", &[service.clone(), slice(&json!({"ready": false}))], "fail", "no replica is ready");
    is("endpoints", &[service.clone(), slice(&json!({}))], "ok", "1 over IPv4");
    is("endpoints", &[service], "skipped", "no EndpointSlice is among the files");
}
