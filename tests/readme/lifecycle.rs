//! Installed, upgraded and taken away, both ways, compared object by object.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use super::shell::{SETTINGS, Shell, commands};
use crate::support::control_plane::{ControlPlane, Served, free_port, is_left_out, root, within};

/// The controllers that make and empty namespaces.
pub(super) struct Controllers(Child);

impl Controllers {
    pub(super) fn start(plane: &ControlPlane, folder: &TempDir, which: &str) -> Self {
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
            .args(["--controllers", which])
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
pub(super) fn everything(plane: &ControlPlane) -> BTreeMap<String, String> {
    let kinds = plane.must(&["api-resources", "--verbs=list", "-o", "name"]);
    let kinds: Vec<&str> = kinds.lines().filter(|kind| !kind.starts_with("events")).collect();
    let columns = "jsonpath={range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name} {.metadata.uid}{\"\\n\"}{end}";
    let listed = plane.must(&["get", &kinds.join(","), "--all-namespaces", "-o", columns]);
    let objects = listed.lines().filter_map(|line| line.rsplit_once(' '));
    objects.map(|(name, uid)| (name.to_owned(), uid.to_owned())).collect()
}

/// Runs a gate as the installation would, until it has written its Secret, its Lease and the caBundle.
fn let_the_gate_work(plane: &ControlPlane) {
    let kubeconfig = plane.gate_kubeconfig();
    let gate = Served::start(SETTINGS, &["--kubeconfig", kubeconfig.to_str().unwrap()]);
    gate.wait();
    let own = ["get", "secret/ako-gate-ca", "lease/ako-gate", "-n", "ako-gate-system"];
    within(60, "it has written its Secret and its Lease", || plane.kubectl(&own, "").status.success());
}

/// The manifests as they were before the last change to them, from the history, or why there are none.
fn previous_manifests() -> Result<TempDir, &'static str> {
    let git = |arguments: &[&str]| -> Option<Output> {
        let ran = Command::new("git").args(arguments).current_dir(root()).output().ok()?;
        ran.status.success().then_some(ran)
    };
    let line = |ran: Output| String::from_utf8(ran.stdout).unwrap().trim().to_owned();
    let is_changed = git(&["diff", "--quiet", "HEAD", "--", "manifests"]).is_none();
    let newest = git(&["log", "-1", "--format=%H", "--", "manifests"]).map(line);
    let newest = newest.filter(|newest| !newest.is_empty()).ok_or("this is no clone of the repository")?;
    let before = if is_changed { "HEAD".to_owned() } else { format!("{newest}^") };
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("manifests.tar");
    let output = format!("--output={}", file.display());
    // the first commit of a shallow clone has no parent
    git(&["archive", &output, &before, "manifests"]).ok_or("the clone's history is cut off")?;
    let unpacked = Command::new("tar").arg("-xf").arg(&file).arg("-C").arg(folder.path()).status().unwrap();
    assert!(unpacked.success());
    Ok(folder)
}

/// What is there in one state and not in the other, whatever its uid. Cluster IPs are others each time,
/// and Helm numbers its releases.
fn difference<'a>(one: &'a BTreeMap<String, String>, other: &'a BTreeMap<String, String>) -> Vec<&'a String> {
    let lacks = |than: &'a BTreeMap<String, String>| move |name: &&String| !than.contains_key(*name);
    let differs = one.keys().filter(lacks(other)).chain(other.keys().filter(lacks(one)));
    let is_numbered = |name: &str| name.starts_with("IPAddress ") || name.contains("/sh.helm.release.");
    differs.filter(|name| !is_numbered(name)).collect()
}

#[test]
fn what_is_installed_can_be_taken_away_again() {
    if is_left_out() {
        return;
    }
    let previous = previous_manifests();
    if let Err(why) = &previous {
        println!("left out, as {why}: the upgrade from the manifests before the last change to them");
    }
    let plane = ControlPlane::bare("1.36.3", "10.96.0.0/16,fd00:10:96::/108");
    let shell = Shell { plane: &plane, home: TempDir::new().unwrap() };
    let which = "namespace-controller,serviceaccount-controller,garbage-collector-controller";
    let _controllers = Controllers::start(&plane, &shell.home, which);
    within(60, "the controllers work", || {
        plane.kubectl(&["get", "serviceaccount", "default", "-n", "kube-system"], "").status.success()
    });
    let before = everything(&plane);
    let (install, upgrade, uninstall) = (commands("Install"), commands("Upgrade"), commands("Uninstall"));
    let [kustomize, helm] = ["kubectl apply -k manifests/", "helm install ako-gate manifests/chart"];
    assert!(install.iter().any(|line| line == kustomize) && install.iter().any(|line| line == helm));
    assert_eq!((upgrade.len(), uninstall.len()), (2, 3), "{upgrade:?} {uninstall:?}");
    let emergency = commands("In an emergency");
    let [.., remove, by_kustomize, by_helm] = &emergency[..] else { panic!("{emergency:?}") };
    let ways = [
        (kustomize, &upgrade[0], &uninstall[..1], by_kustomize),
        (helm, &upgrade[1], &uninstall[1..], by_helm),
    ];
    for (install, upgrade, uninstall, back) in ways {
        let take_away = || {
            let deleted: String = uninstall.iter().map(|command| shell.run(command)).collect();
            assert!(deleted.starts_with("validatingwebhookconfiguration"), "it goes first: {deleted}");
            within(60, "everything is gone", || everything(&plane) == before);
        };
        shell.run(install);
        let_the_gate_work(&plane);
        let fresh = everything(&plane);
        assert!(fresh.len() > before.len() + 10, "{install} installs something");
        take_away();

        // of the version before, which makes the same in the end and loses nothing the gate has written
        let old = previous.as_ref().map(|folder| format!("{}/manifests", folder.path().display()));
        shell.run(&install.replace("manifests", old.as_deref().unwrap_or("manifests")));
        let_the_gate_work(&plane);
        let configuration = |path: &str| {
            let path = format!("jsonpath={{.webhooks[0].{path}}}");
            plane.must(&["get", "validatingwebhookconfiguration", "ako-gate", "-o", &path])
        };
        let bundle = configuration("clientConfig.caBundle");
        let fail = r#"[{"op": "replace", "path": "/webhooks/0/failurePolicy", "value": "Fail"}]"#;
        plane.must(&["patch", "validatingwebhookconfiguration", "ako-gate", "--type=json", "-p", fail]);
        shell.run(upgrade);
        assert!(!bundle.is_empty() && configuration("clientConfig.caBundle") == bundle, "{upgrade}");
        assert_eq!(
            configuration("failurePolicy"),
            "Ignore",
            "{upgrade}: until the new gate has proven itself"
        );
        let_the_gate_work(&plane);
        let upgraded = everything(&plane);
        let differs = difference(&upgraded, &fresh);
        assert!(differs.is_empty(), "{upgrade} does not make what an installation makes: {differs:?}");

        // taken out of the way and brought back, with the settings it had
        if install == helm {
            shell.run(&format!("{upgrade} --set settings.log=debug"));
        }
        let settings =
            || plane.must(&["get", "configmap", "-n", "ako-gate-system", "ako-gate-settings", "-o", "yaml"]);
        let had = settings();
        shell.run(remove);
        assert!(!everything(&plane).keys().any(|name| name.starts_with("ValidatingWebhookConfiguration ")));
        shell.run(back);
        assert_eq!(settings(), had, "{back}");
        assert_eq!(had.contains("log: debug"), install == helm, "{had}");
        let found = everything(&plane);
        let differs = difference(&found, &fresh);
        assert!(differs.is_empty(), "{back} does not bring back what there was: {differs:?}");
        take_away();
    }
    into_a_namespace_of_its_own(&plane, &shell, &before);
}

/// As most charts are installed: into a namespace that Helm makes, and leaves behind.
fn into_a_namespace_of_its_own(plane: &ControlPlane, shell: &Shell<'_>, before: &BTreeMap<String, String>) {
    let namespace = "--namespace ako-gate-system --create-namespace";
    assert!(fs::read_to_string(root().join("README.md")).unwrap().contains(&format!("`{namespace}`")));
    shell.run(&format!("helm install ako-gate manifests/chart {namespace}"));
    let_the_gate_work(plane);
    shell.run(&format!("helm upgrade ako-gate manifests/chart {namespace}"));
    shell.run("kubectl delete validatingwebhookconfiguration ako-gate");
    shell.run("helm uninstall ako-gate --namespace ako-gate-system");
    assert!(plane.kubectl(&["get", "namespace", "ako-gate-system"], "").status.success());
    shell.run("kubectl delete namespace ako-gate-system");
    within(60, "everything is gone", || everything(plane) == *before);
}
