//! What a gate tells about itself while it works: gauges that follow what they measure, and a log without contents.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "what is left out is said aloud")]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use serde_json::Value;
use support::control_plane::{ControlPlane, Installed, Served, is_left_out, within};
use support::review;
use support::running::Running;
use support::tls::{Authority, Connection, head, usual_client};
use tempfile::TempDir;
use x509_parser::parse_x509_certificate;

/// Stands for whatever nobody may read in a log.
const CONTENT: &str = "not-for-the-log";

fn metric(text: &str, name: &str) -> i64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name}: {text}")).parse().unwrap()
}

#[test]
fn requests_in_flight_and_the_certificate_are_measured() {
    let authority = Authority::new();
    let certificates = TempDir::new().unwrap();
    authority.issue_to(certificates.path());
    let gate = Running::start("127.0.0.1", certificates.path(), &[]);
    let of = |name: &str| metric(&gate.admin_get("/metrics").unwrap(), name);
    let in_flight = || of("ako_gate_admission_reviews_in_flight");
    assert_eq!(in_flight(), 0);
    let client = usual_client(&authority.pem());
    let body = review::numbered("03").to_string();
    let mut connections: Vec<Connection> =
        (0..2).map(|_| Connection::open(gate.https, "127.0.0.1", &client).unwrap()).collect();
    let (first, second) = body.as_bytes().split_at(body.len() / 2);
    for connection in &mut connections {
        connection.send(head(body.len()).as_bytes());
        connection.send(first);
    }
    within(60, "both are in flight", || in_flight() == 2);
    for connection in &mut connections {
        connection.send(second);
        assert_eq!(connection.answer().unwrap().status, 200);
    }
    within(60, "both are over", || in_flight() == 0);

    let shown = connections[0].certificate();
    let expires = parse_x509_certificate(&shown).unwrap().1.validity().not_after.timestamp();
    assert_eq!(of("ako_gate_tls_certificate_expiry_timestamp_seconds"), expires);
    assert_eq!(of("ako_gate_tls_ca_expiry_timestamp_seconds"), 0, "it has no CA of its own");
}

#[test]
fn the_age_of_the_snapshot_is_that_of_the_last_change() {
    if is_left_out() {
        return;
    }
    let plane = ControlPlane::start("1.36.3");
    let kubeconfig = plane.gate_kubeconfig();
    let settings = "apiVersion: ako-gate/v1\nkind: Settings\n";
    let gate = Served::start(settings, &["--kubeconfig", kubeconfig.to_str().unwrap()]);
    gate.wait();
    let age = || metric(&gate.admin_get("/metrics").unwrap().1, "ako_gate_snapshot_age_seconds");
    // beyond the next time that the API server is asked for its version
    within(90, "it grows, although the API server answers other questions", || age() >= 33);
    let mut changes = 0;
    within(60, "a change is taken in", || {
        changes += 1;
        plane.must(&["create", "service", "clusterip", &format!("shop-{changes}"), "--tcp=80"]);
        age() < 3
    });
    within(60, "it grows again", || age() >= 3);
}

/// Not on the level `trace` either, on which every library speaks.
#[test]
fn no_level_of_the_log_shows_contents() {
    if is_left_out() {
        return;
    }
    let plane = ControlPlane::start("1.36.3");
    plane.must(&["create", "namespace", "avi-system"]);
    let objects = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: avi-k8s-config, namespace: avi-system}}\n\
         data: {{tenantName: {CONTENT}}}\n---\n\
         apiVersion: v1\nkind: Service\nmetadata: {{name: stored, namespace: default, annotations: {{a: {CONTENT}}}}}\n\
         spec: {{type: LoadBalancer, ipFamilies: [IPv6], ports: [{{port: 80, name: {CONTENT}}}]}}\n"
    );
    let stored = objects.replace("name: not-for-the-log", "name: nflog");
    plane.must_with(&["create", "-f", "-"], &stored);
    let settings = "apiVersion: ako-gate/v1\nkind: Settings\nprofile: {ako: 1.9.3}\nlog: trace\n";
    let installed = Installed::start(&plane, settings);
    let (_, service) = stored.split_once("---\n").unwrap();
    let denied = plane.kubectl(&["create", "-f", "-"], &service.replace("name: stored", "name: other"));
    assert!(String::from_utf8_lossy(&denied.stderr).contains("denied the request"), "{denied:?}");
    let log = || installed.gate.log();
    within(60, "what is stored is found", || log().contains("a finding appeared"));
    let log = log();
    assert!(log.contains("TRACE") && log.contains("answered a review"));

    let secret = ["get", "secret", "-n", "ako-gate-system", "ako-gate-ca", "-o", "json"];
    let secret: Value = serde_json::from_str(&plane.must(&secret)).unwrap();
    let key = secret["data"]["ca.key"].as_str().unwrap();
    let kubeconfig = fs::read_to_string(plane.gate_kubeconfig()).unwrap();
    let token = kubeconfig.split("token: \"").nth(1).unwrap().split('"').next().unwrap();
    assert!(key.len() > 100 && token.len() > 100);
    for (what, text) in [("contents", CONTENT), ("the CA's key", &key[..60]), ("a token", &token[..60])] {
        assert!(!log.contains(text), "the log shows {what}");
    }
}

/// An API server whose answers nobody can decode: kube's client would log them whole.
#[test]
fn an_answer_that_cannot_be_decoded_is_not_logged() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.set_read_timeout(Some(Duration::from_millis(100)));
            let _ = stream.read(&mut [0; 4096]);
            let body = format!(r#"{{"metadata": [], "items": {{}}, "data": {{"ca.key": "{CONTENT}"}}}}"#);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
            let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    let folder = TempDir::new().unwrap();
    let kubeconfig = folder.path().join("kubeconfig");
    fs::write(&kubeconfig, of_server(server)).unwrap();
    let settings = "apiVersion: ako-gate/v1\nkind: Settings\nlog: trace\n";
    let gate = Served::start(settings, &["--kubeconfig", kubeconfig.to_str().unwrap()]);
    within(60, "the answers are no good", || gate.log().contains("failed to look after the certificate"));
    assert!(!gate.log().contains(CONTENT), "{}", gate.log());
}

/// Every kind is asked for each second, and the version and the Lease as well.
#[test]
fn an_api_server_that_is_gone_does_not_fill_the_log() {
    let folder = TempDir::new().unwrap();
    let kubeconfig = folder.path().join("kubeconfig");
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    fs::write(&kubeconfig, of_server(nobody)).unwrap();
    let settings = "apiVersion: ako-gate/v1\nkind: Settings\n";
    let gate = Served::start(settings, &["--kubeconfig", kubeconfig.to_str().unwrap()]);
    let said = |what: &str| gate.log().matches(what).count();
    within(10, "the version cannot be asked for", || said("failed to ask for the API server's version") > 0);
    std::thread::sleep(Duration::from_secs(10));
    assert_eq!(said("failed to ask for the API server's version"), 1);
    let kinds = ako_gate::reconcile::watch::kinds().len();
    assert_eq!(said("failed to ask which versions are served"), kinds);
    assert!(gate.log().lines().count() < kinds + 20, "{}", gate.log());
}

fn of_server(address: SocketAddr) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
         clusters: [{{name: c, cluster: {{server: \"http://{address}\"}}}}]\n\
         users: [{{name: u, user: {{}}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n"
    )
}
