//! The policy for while the gate is down: installed, in force without a gate, and taken away.

use serde_json::Value;
use tempfile::TempDir;

use super::lifecycle::{Controllers, everything};
use super::shell::{REFUSED, Shell, commands};
use crate::support::control_plane::{ControlPlane, is_left_out, within};

const CONFIGURATION: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: avi-k8s-config, namespace: avi-system}\ndata: {layer7Only: 'false'}\n";

#[test]
fn the_api_server_refuses_without_a_gate_until_the_policy_is_taken_away() {
    if is_left_out() {
        return;
    }
    let plane = ControlPlane::bare("1.36.3", "10.96.0.0/16,fd00:10:96::/108");
    let shell = Shell { plane: &plane, home: TempDir::new().unwrap() };
    let which = "namespace-controller,serviceaccount-controller,validatingadmissionpolicy-status-controller";
    let _controllers = Controllers::start(&plane, &shell.home, which);
    within(60, "the controllers work", || {
        plane.kubectl(&["get", "serviceaccount", "default", "-n", "kube-system"], "").status.success()
    });
    plane.must(&["create", "namespace", "avi-system"]);
    plane.must_with(&["create", "-f", "-"], CONFIGURATION);
    let page = commands("While the gate is down");
    let [install, remove] = &page[..] else { panic!("{page:?}") };
    let create = || plane.kubectl(&["create", "--dry-run=server", "-f", REFUSED], "");
    let before = everything(&plane);
    let ways = [
        (install.as_str(), "kubectl delete -k manifests/overlays/admission-policy"),
        ("helm install ako-gate manifests/chart --set admissionPolicy=true", "helm uninstall ako-gate"),
    ];
    for (install, uninstall) in ways {
        shell.run(install);
        within(60, "the policy is in force", || !create().status.success());
        let said = String::from_utf8(create().stderr).unwrap();
        assert!(said.starts_with("Error from server (Forbidden): "), "{said}");
        assert!(said.ends_with("; rule: ako/ipv6-vip-on-load-balancer\n"), "{said}");

        // the server's own check of the expressions against the kinds they are about
        let policy = || -> Value {
            let name = ["validatingadmissionpolicy", "ako-gate-ipv6-vip-on-load-balancer"];
            serde_json::from_str(&plane.must(&["get", name[0], name[1], "-o", "json"])).unwrap()
        };
        within(60, "the expressions are checked", || policy()["status"]["observedGeneration"].is_number());
        assert_eq!(policy()["status"]["typeChecking"]["expressionWarnings"], Value::Null);

        shell.run(remove);
        within(60, "everything passes", || create().status.success());
        shell.run(&format!("{uninstall} --ignore-not-found"));
        within(60, "everything is gone", || everything(&plane) == before);

        // with the policy still there
        shell.run(install);
        shell.run(uninstall);
        within(60, "everything is gone again", || everything(&plane) == before);
    }
}
