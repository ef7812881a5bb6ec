//! The commands of the README for installing, for emergencies and for taking the gate away, exactly as it has them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::process::{Child, Command, Output, Stdio};

use support::control_plane::{ControlPlane, Installed, Served, free_port, is_left_out, root, within};
use tempfile::TempDir;

const SETTINGS: &str =
    "apiVersion: ako-gate/v1\nkind: Settings\nprofile: {ako: 1.9.3}\nwebhook: {failurePolicy: Fail}\n";
const REFUSED: &str = "tests/examples/refused/10-load-balancer-ipv6.yaml";

/// The commands of the README's section `title`, one by one.
fn commands(title: &str) -> Vec<String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let section = readme.split("\n## ").find(|section| section.starts_with(title)).unwrap();
    let lines = section.lines().filter_map(|line| line.strip_prefix("$ "));
    lines.map(|line| line.split("   #").next().unwrap().trim().to_owned()).collect()
}

/// A shell with kubectl and helm on its path, as the administrator of a cluster has it.
struct Shell<'a> {
    plane: &'a ControlPlane,
    home: TempDir,
}

impl Shell<'_> {
    fn try_run(&self, command: &str) -> Output {
        let bin = root().join("target/control-plane");
        let kubectl = self.plane.kubectl_folder();
        let path = format!(
            "{}:{}:{}",
            kubectl.display(),
            bin.join("helm").display(),
            std::env::var("PATH").unwrap()
        );
        let mut shell = Command::new("bash");
        shell.args(["-euc", command]).current_dir(root()).env("PATH", path).env("HOME", self.home.path());
        shell.env("KUBECONFIG", self.plane.kubeconfig()).output().unwrap()
    }

    fn run(&self, command: &str) -> String {
        let ran = self.try_run(command);
        assert!(ran.status.success(), "{command}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    }
}

/// The controllers that make and empty namespaces.
struct Controllers(Child);

impl Controllers {
    fn start(plane: &ControlPlane, folder: &TempDir) -> Self {
        let binary = root().join("target/control-plane/1.36.3/kube-controller-manager");
        assert!(binary.exists(), "{} is not built: make control-plane", binary.display());
        let log = File::create(folder.path().join("controllers.log")).unwrap();
        let child = Command::new(root().join("tests/control-plane/tether.sh"))
            .arg(binary)
            .arg("--kubeconfig")
            .arg(plane.kubeconfig())
            .args(["--leader-elect=false", "--bind-address=127.0.0.1", "--secure-port"])
            .arg(free_port().to_string())
            .arg("--cert-dir")
            .arg(folder.path())
            .args([
                "--controllers",
                "namespace-controller,serviceaccount-controller,garbage-collector-controller",
            ])
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Self(child)
    }
}

impl Drop for Controllers {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Every object there is but Events, with its uid.
fn everything(plane: &ControlPlane) -> BTreeMap<String, String> {
    let kinds = plane.must(&["api-resources", "--verbs=list", "-o", "name"]);
    let kinds: Vec<&str> = kinds.lines().filter(|kind| !kind.starts_with("events")).collect();
    let columns = "jsonpath={range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name} {.metadata.uid}{\"\\n\"}{end}";
    let listed = plane.must(&["get", &kinds.join(","), "--all-namespaces", "-o", columns]);
    let objects = listed.lines().filter_map(|line| line.rsplit_once(' '));
    objects.map(|(name, uid)| (name.to_owned(), uid.to_owned())).collect()
}

/// Runs a gate as the installation would, until it has written its Secret and the caBundle.
fn let_the_gate_work(plane: &ControlPlane) {
    let kubeconfig = plane.gate_kubeconfig();
    let gate = Served::start(SETTINGS, &["--kubeconfig", kubeconfig.to_str().unwrap()]);
    gate.wait();
    plane.must(&["get", "secret", "-n", "ako-gate-system", "ako-gate-ca"]);
}

#[test]
fn what_is_installed_can_be_taken_away_again() {
    if is_left_out() {
        return;
    }
    let plane = ControlPlane::bare("1.36.3", "10.96.0.0/16,fd00:10:96::/108");
    let shell = Shell { plane: &plane, home: TempDir::new().unwrap() };
    let _controllers = Controllers::start(&plane, &shell.home);
    within(30, "the controllers work", || {
        plane.kubectl(&["get", "serviceaccount", "default", "-n", "kube-system"], "").status.success()
    });
    let before = everything(&plane);
    let (install, uninstall) = (commands("Install"), commands("Uninstall"));
    let [kustomize, helm] = ["kubectl apply -k manifests/", "helm install ako-gate manifests/chart"];
    assert!(install.iter().any(|line| line == kustomize) && install.iter().any(|line| line == helm));
    assert_eq!(uninstall.len(), 3, "{uninstall:?}");
    for (install, uninstall) in [(kustomize, &uninstall[..1]), (helm, &uninstall[1..])] {
        shell.run(install);
        assert!(everything(&plane).len() > before.len() + 10, "{install} installs something");
        let_the_gate_work(&plane);
        // again, as an upgrade: nothing the gate has written is lost
        let again = install.replace("helm install", "helm upgrade");
        shell.run(&again);
        let bundle = "jsonpath={.webhooks[0].clientConfig.caBundle}";
        let get = ["get", "validatingwebhookconfiguration", "ako-gate", "-o", bundle];
        assert!(!plane.must(&get).is_empty(), "{again} leaves the caBundle");
        let deleted: String = uninstall.iter().map(|command| shell.run(command)).collect();
        assert!(deleted.starts_with("validatingwebhookconfiguration"), "it goes first: {deleted}");
        within(60, "everything is gone", || everything(&plane) == before);
    }
}

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
    let [see, running, disable, exempt, remove, back] = &page[..] else { panic!("{page:?}") };
    let installed = Installed::start(&plane, SETTINGS);
    within(30, "failurePolicy is Fail", || policy(&shell) == "Fail");
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
    within(30, "the namespace is exempt", || in_shop().status.success());
    assert!(create("default").1.contains("ako/ipv6-vip-on-load-balancer"));

    // the gate is gone: what it guards waits, everything else does not, and Ignore lets it pass
    let Installed { gate, .. } = &installed;
    let stopped = Command::new("kill").arg(gate.pid().to_string()).status().unwrap();
    assert!(stopped.success());
    within(30, "nobody answers", || create("default").1.contains("failed calling webhook"));
    plane.must(&["create", "configmap", "unguarded", "--from-literal=a=b"]);
    shell.run(disable);
    within(30, "it passes", || create("default").0);
    assert_eq!(policy(&shell), "Ignore");

    shell.run(remove);
    assert!(!shell.try_run(see).status.success());
    shell.run(back);
    assert_eq!(policy(&shell), "Ignore");
}

/// SECURITY.md names a test for each threat: there must be one.
#[test]
fn every_threat_has_its_test() {
    let page = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let (_, page) = page.split_once("## Threats").unwrap();
    let rows: Vec<&str> =
        page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| threat")).collect();
    assert!(rows.len() > 10, "{rows:?}");
    for row in rows {
        let named = row.split('`').filter_map(|part| part.split_once(".rs::"));
        let named: Vec<(&str, &str)> = named.collect();
        assert!(!named.is_empty(), "no test is named: {row}");
        for (file, test) in named {
            let text = fs::read_to_string(root().join(format!("{file}.rs"))).unwrap();
            assert!(text.contains(&format!("fn {test}(")), "{file}.rs has no test {test}");
        }
    }
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
    within(30, "they are refused", refused);
    assert!(denied());
    installed.gate.set_settings("apiVersion: ako-gate/v1\nkind: Settings\nrules: {'*': off}\n");
    within(30, "the next good ones count", || !denied());
    assert!(!refused());
}
