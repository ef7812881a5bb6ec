//! Mounted files beside a caBundle that somebody else looks after.

use k8s_openapi::ByteString;
use serde_json::json;
use tempfile::TempDir;

use super::replica::plane;
use crate::support::control_plane::{ControlPlane, Served, is_left_out, within};
use crate::support::tls::Authority;

const SETTINGS: &str = "apiVersion: ako-gate/v1\nkind: Settings\n";

/// Points the configuration at the gate with this caBundle, as cert-manager's injector would.
fn trust(plane: &ControlPlane, gate: &Served, bundle: &str) {
    let bundle = ByteString(bundle.as_bytes().to_vec());
    let url = format!("https://localhost:{}/validate", gate.port);
    let client = json!({"url": url, "caBundle": bundle});
    let patch = json!([{"op": "replace", "path": "/webhooks/0/clientConfig", "value": client}]).to_string();
    plane.must(&["patch", "validatingwebhookconfiguration", "ako-gate", "--type", "json", "-p", &patch]);
}

#[test]
fn is_ready_only_while_the_ca_bundle_accepts_the_mounted_certificate() {
    if is_left_out() {
        return;
    }
    let plane = plane();
    let (first, second) = (Authority::new(), Authority::new());
    let files = TempDir::new().unwrap();
    first.issue_to(files.path());
    let path = |name: &str| files.path().join(name).to_str().unwrap().to_owned();
    let kubeconfig = plane.gate_kubeconfig();
    let (certificate, key) = (path("tls.crt"), path("tls.key"));
    let arguments = ["--tls-cert-file", &certificate, "--tls-key-file", &key];
    let gate =
        Served::start(SETTINGS, &[&arguments[..], &["--kubeconfig", kubeconfig.to_str().unwrap()]].concat());
    let distrusted = || {
        gate.admin_get("/readyz").is_some_and(|(status, body)| {
            status.contains(" 503 ") && body.trim().ends_with("does not trust the served certificate yet")
        })
    };
    within(60, "an empty caBundle accepts nothing", distrusted);
    within(60, "the log says why", || gate.log().contains("has no CA in its caBundle"));
    trust(&plane, &gate, &first.pem());
    within(60, "the CA is in the caBundle", || gate.is_ready());
    // the issuer changes its CA: nobody sees to the caBundle yet
    second.issue_to(files.path());
    within(60, "another CA issued the new certificate", distrusted);
    within(60, "the log says why", || gate.log().contains("invalid peer certificate"));
    trust(&plane, &gate, &(first.pem() + &second.pem()));
    within(60, "both CAs are in the caBundle", || gate.is_ready());
}
