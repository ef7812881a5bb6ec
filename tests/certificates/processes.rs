//! The gate as it is installed: two processes and one CA.

use std::net::SocketAddr;

use ako_gate::webhook::ca_bundle;
use k8s_openapi::ByteString;
use serde_json::json;

use super::replica::{Clock, plane, trusting};
use crate::support::control_plane::{Served as Process, is_left_out, within};
use crate::support::tls::Connection;

/// Two processes as they are installed: one CA, and a third process takes it over.
#[test]
fn two_processes_agree_on_one_authority() {
    if is_left_out() {
        return;
    }
    let plane = plane();
    let kubeconfig = plane.gate_kubeconfig();
    let start = || {
        Process::start(
            "apiVersion: ako-gate/v1\nkind: Settings\n",
            &["--kubeconfig", kubeconfig.to_str().unwrap()],
        )
    };
    let (one, two) = (start(), start());
    one.wait();
    two.wait();
    let get = [
        "get",
        "validatingwebhookconfiguration",
        "ako-gate",
        "-o",
        "jsonpath={.webhooks[0].clientConfig.caBundle}",
    ];
    let bundle = || {
        let bytes: ByteString = serde_json::from_value(json!(plane.must(&get))).unwrap();
        String::from_utf8(bytes.0).unwrap()
    };
    let first = bundle();
    assert_eq!(ca_bundle::certificates(&first).len(), 1, "{first}");
    let open = |process: &Process, bundle: &str| {
        let at = SocketAddr::from(([127, 0, 0, 1], process.port));
        Connection::open(at, "127.0.0.1", &trusting(bundle, &Clock::default())).is_ok()
    };
    assert!(open(&one, &first) && open(&two, &first));

    // the one that wrote it goes, and another comes
    drop(one);
    let three = start();
    three.wait();
    assert_eq!(bundle(), first, "the CA is that of the Secret");
    assert!(open(&two, &first) && open(&three, &first));

    // both mend the same damage at once
    plane.must(&["delete", "secret", "-n", "ako-gate-system", "ako-gate-ca"]);
    within(20, "the Secret is back", || {
        plane.kubectl(&["get", "secret", "-n", "ako-gate-system", "ako-gate-ca"], "").status.success()
    });
    assert!(open(&two, &bundle()) && open(&three, &bundle()));
    assert_eq!(bundle(), first);

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
