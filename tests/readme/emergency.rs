//! What the page says for emergencies, and settings that are no good.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use super::shell::{REFUSED, SETTINGS, Shell, commands};
use crate::support::control_plane::{ControlPlane, Installed, is_left_out, root, within};

fn policy(shell: &Shell<'_>) -> String {
    shell.run(&commands("In an emergency")[0]).trim().to_owned()
}

#[test]
fn the_emergency_page_works_as_written() {
    if is_left_out() {
        return;
    }
    let plane = ControlPlane::start("1.36.3");
    let shell = Shell { plane: &plane, home: TempDir::new().unwrap() };
    let page = commands("In an emergency");
    // the last brings back what Helm installed, see lifecycle.rs
    let [see, running, disable, exempt, remove, back, _] = &page[..] else { panic!("{page:?}") };
    let installed = Installed::start(&plane, SETTINGS);
    within(60, "failurePolicy is Fail", || policy(&shell) == "Fail");
    assert_eq!(shell.run(see), "Fail\n");
    shell.run(running);

    // a namespace is exempted while the gate refuses everywhere else
    plane.must(&["create", "namespace", "shop"]);
    let create = |namespace: &str| {
        let created = shell.try_run(&format!("kubectl create -n {namespace} --dry-run=server -f {REFUSED}"));
        (created.status.success(), String::from_utf8_lossy(&created.stderr).into_owned())
    };
    // the example says its namespace, so give it another one
    let example =
        fs::read_to_string(root().join(REFUSED)).unwrap().replace("namespace: default", "namespace: shop");
    let in_shop = || plane.kubectl(&["create", "--dry-run=server", "-f", "-"], &example);
    assert!(!in_shop().status.success() && !create("default").0);
    shell.run(exempt);
    within(60, "the namespace is exempt", || in_shop().status.success());
    assert!(create("default").1.contains("ako/ipv6-vip-on-load-balancer"));

    // the gate is gone: what it guards waits, everything else does not, and Ignore lets it pass
    let Installed { gate, .. } = &installed;
    let stopped = Command::new("kill").arg(gate.pid().to_string()).status().unwrap();
    assert!(stopped.success());
    within(60, "nobody answers", || create("default").1.contains("failed calling webhook"));
    plane.must(&["create", "configmap", "unguarded", "--from-literal=a=b"]);
    shell.run(disable);
    within(60, "it passes", || create("default").0);
    assert_eq!(policy(&shell), "Ignore");

    shell.run(remove);
    assert!(!shell.try_run(see).status.success());
    shell.run(back);
    assert_eq!(policy(&shell), "Ignore");
}

#[test]
fn settings_that_cannot_be_used_leave_the_last_good_ones() {
    if is_left_out() {
        return;
    }
    let plane = ControlPlane::start("1.36.3");
    let installed = Installed::start(&plane, SETTINGS);
    let denied = || {
        let tried = plane.kubectl(&["create", "--dry-run=server", "-f", REFUSED], "");
        String::from_utf8_lossy(&tried.stderr).contains("ako/ipv6-vip-on-load-balancer")
    };
    assert!(denied());
    installed.gate.set_settings("apiVersion: ako-gate/v1\nkind: Settings\nrules: {'*': never}\n");
    let refused =
        || installed.gate.admin_get("/metrics").unwrap().1.contains("\nako_gate_settings_invalid 1\n");
    within(60, "they are refused", refused);
    assert!(denied());
    installed.gate.set_settings("apiVersion: ako-gate/v1\nkind: Settings\nrules: {'*': off}\n");
    within(60, "the next good ones count", || !denied());
    assert!(!refused());
}
