//! The gate as it is installed: two processes and one CA.

use std::hash::{BuildHasher, RandomState};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use ako_gate::webhook::authority::Authority;
use ako_gate::webhook::ca_bundle;
use k8s_openapi::ByteString;
use serde_json::json;
use tempfile::NamedTempFile;

use super::replica::{Clock, DAY, newest, plane, trusting};
use crate::support::control_plane::{ControlPlane, Served as Process, is_left_out, within};
use crate::support::tls::Connection;

fn start(kubeconfig: &Path) -> Process {
    let settings = "apiVersion: ako-gate/v1\nkind: Settings\n";
    Process::start(settings, &["--kubeconfig", kubeconfig.to_str().unwrap()])
}

fn bundle(plane: &ControlPlane) -> String {
    let path = "jsonpath={.webhooks[0].clientConfig.caBundle}";
    let text = plane.must(&["get", "validatingwebhookconfiguration", "ako-gate", "-o", path]);
    let bytes: ByteString = serde_json::from_value(json!(text)).unwrap();
    String::from_utf8(bytes.0).unwrap()
}

/// Whether who trusts the bundle trusts what the process shows.
fn opens(process: &Process, bundle: &str) -> bool {
    let at = SocketAddr::from(([127, 0, 0, 1], process.port));
    Connection::open(at, "127.0.0.1", &trusting(bundle, &Clock::default())).is_ok()
}

/// Two processes as they are installed: one CA, and a third process takes it over.
#[test]
fn two_processes_agree_on_one_authority() {
    if is_left_out() {
        return;
    }
    let plane = plane();
    let kubeconfig = plane.gate_kubeconfig();
    let (one, two) = (start(&kubeconfig), start(&kubeconfig));
    one.wait();
    two.wait();
    let first = bundle(&plane);
    assert_eq!(ca_bundle::certificates(&first).len(), 1, "{first}");
    assert!(opens(&one, &first) && opens(&two, &first));

    // the one that wrote it goes, and another comes
    drop(one);
    let three = start(&kubeconfig);
    three.wait();
    assert_eq!(bundle(&plane), first, "the CA is that of the Secret");
    assert!(opens(&two, &first) && opens(&three, &first));

    // both mend the same damage at once
    plane.must(&["delete", "secret", "-n", "ako-gate-system", "ako-gate-ca"]);
    within(60, "the Secret is back", || {
        plane.kubectl(&["get", "secret", "-n", "ako-gate-system", "ako-gate-ca"], "").status.success()
    });
    assert!(opens(&two, &bundle(&plane)) && opens(&three, &bundle(&plane)));
    assert_eq!(bundle(&plane), first);

    // the gate owns what it should of the configuration, and nothing else
    let managed = plane.must(&[
        "get",
        "validatingwebhookconfiguration",
        "ako-gate",
        "--show-managed-fields",
        "-o",
        "jsonpath={.metadata.managedFields[?(@.manager==\"ako-gate\")].fieldsV1}",
    ]);
    let managed: serde_json::Value = serde_json::from_str(&managed).unwrap();
    let own = json!({"f:webhooks": {"k:{\"name\":\"validate.ako-gate.svc\"}": {
        ".": {}, "f:name": {}, "f:clientConfig": {"f:caBundle": {}},
    }}});
    assert_eq!(managed, own);
}

/// An API server, or what is left of a connection to one, that takes every request and answers none.
#[test]
fn an_api_server_that_falls_silent_is_asked_again() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let kubeconfig = NamedTempFile::new().unwrap();
    let server = format!("http://{}", silent.local_addr().unwrap());
    let text = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    });
    std::fs::write(kubeconfig.path(), text.to_string()).unwrap();
    let gate = start(kubeconfig.path());
    within(120, "it does not wait for good", || gate.log().contains("failed to look after the certificate"));
}

/// A process that is killed at any moment of a change of the CA is trusted again soon after it is started again.
/// `AKO_GATE_KILLS` asks for more kills.
#[test]
fn a_process_killed_in_a_change_comes_back() {
    if is_left_out() {
        return;
    }
    let kills = std::env::var("AKO_GATE_KILLS").map_or(4, |text| text.parse::<u64>().unwrap());
    let plane = plane();
    let mut gate = start(&plane.gate_kubeconfig());
    gate.wait();
    for round in 0..kills {
        let before = bundle(&plane);
        // its time is nearly over, so that another is made
        let due = Authority::new(
            SystemTime::now() - Duration::from_secs(300 * DAY),
            Duration::from_secs(365 * DAY),
        );
        let due = due.unwrap();
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "ako-gate-ca", "namespace": "ako-gate-system"},
            "stringData": {"ca.crt": due.certificate_pem(), "ca.key": due.key_pem()},
        });
        // one that runs notices it within two seconds and serves what the new one issued five later; one that starts does
        // everything at once
        let takes = if round % 2 == 0 { 9_000 } else { 300 };
        if round % 2 == 1 {
            gate.kill();
        }
        plane.must_with(&["replace", "-f", "-"], &secret.to_string());
        if round % 2 == 1 {
            gate.start_again();
        }
        let after = RandomState::new().hash_one(round) % takes;
        std::thread::sleep(Duration::from_millis(after));
        gate.kill();
        gate.start_again();
        let started = Instant::now();
        let known = [newest(&before), newest(due.certificate_pem())];
        within(10, &format!("kill {round}, after {after} ms: a trusted chain of a new CA"), || {
            let bundle = bundle(&plane);
            !known.contains(&newest(&bundle)) && gate.is_ready() && opens(&gate, &bundle)
        });
        println!("kill {round}, after {after} ms: trusted within {} ms", started.elapsed().as_millis());
    }
}
