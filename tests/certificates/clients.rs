//! API servers that show a certificate, and everybody else.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use k8s_openapi::ByteString;
use serde_json::json;
use tempfile::TempDir;

use crate::support::control_plane::{ControlPlane, Installed, is_left_out, root, within};
use crate::support::review;
use crate::support::tls::{Authority, Connection, client_showing, usual_client};

const SETTINGS: &str = "apiVersion: ako-gate/v1\nkind: Settings\nprofile: {ako: 1.9.3}\n";
const REFUSED: &str = "tests/examples/refused/10-load-balancer-ipv6.yaml";

/// Writes the files that certs/README.md has for an API server, with paths into `folder` and a user for every address.
fn write_configuration(folder: &Path) {
    let page = fs::read_to_string(root().join("certs/README.md")).unwrap();
    let blocks: Vec<&str> =
        page.split("```yaml\n# ").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let (name, text) = block.split_once('\n').unwrap();
        let text = text.replace("/etc/kubernetes/admission", folder.to_str().unwrap());
        // this API server calls no Service
        fs::write(folder.join(name), text.replace("ako-gate.ako-gate-system.svc", "'*'")).unwrap();
    }
}

#[test]
fn only_who_shows_a_certificate_is_answered() {
    if is_left_out() {
        return;
    }
    let (clients, others, later) = (Authority::new(), Authority::new(), Authority::new());
    let folder = TempDir::new().unwrap();
    let file = |name: &str| folder.path().join(name);
    write_configuration(folder.path());
    let (certificate, key) = clients.issue();
    fs::write(file("client.crt"), certificate).unwrap();
    fs::write(file("client.key"), key).unwrap();
    fs::write(file("ca.crt"), clients.pem()).unwrap();
    let flag = format!("--admission-control-config-file={}", file("configuration.yaml").display());
    let plane = ControlPlane::start_with("1.36.3", &[&flag]);
    let ca = file("ca.crt");
    let arguments = ["--client-ca-file", ca.to_str().unwrap()];
    // it is called, and probed by plain HTTP
    let installed = Installed::start_with(&plane, SETTINGS, &arguments);
    let refused = plane.kubectl(&["create", "--dry-run=server", "-f", REFUSED], "");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("ako/ipv6-vip-on-load-balancer"), "{said}");

    let bundle = "jsonpath={.webhooks[0].clientConfig.caBundle}";
    let bundle = plane.must(&["get", "validatingwebhookconfiguration", "ako-gate", "-o", bundle]);
    let bundle: ByteString = serde_json::from_value(json!(bundle)).unwrap();
    let bundle = String::from_utf8(bundle.0).unwrap();
    let at = SocketAddr::from(([127, 0, 0, 1], installed.gate.port));
    let body = review::numbered("26").to_string();
    let is_answered = |client| {
        let answer = Connection::open(at, "127.0.0.1", &client).and_then(|mut open| open.review(&body));
        answer.is_ok_and(|answer| answer.status == 200)
    };
    let shows = |authority: &Authority| client_showing(&bundle, &authority.issue());
    assert!(is_answered(shows(&clients)));
    assert!(!is_answered(usual_client(&bundle)), "nothing is shown");
    assert!(!is_answered(shows(&others)), "another CA issued it");

    // a change of the CA: both for a while; nonsense changes nothing
    fs::write(&ca, clients.pem() + &later.pem()).unwrap();
    within(60, "the new CA is in force", || is_answered(shows(&later)));
    assert!(is_answered(shows(&clients)));
    fs::write(&ca, "nonsense").unwrap();
    within(60, "the mistake is reported", || installed.gate.log().contains("holds no certificate"));
    assert!(is_answered(shows(&later)));
}
