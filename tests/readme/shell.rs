//! The commands of a page, and a shell to run them in.

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::support::control_plane::{ControlPlane, root};

pub(crate) const SETTINGS: &str =
    "apiVersion: ako-gate/v1\nkind: Settings\nprofile: {ako: 1.9.3}\nwebhook: {failurePolicy: Fail}\n";
pub(crate) const REFUSED: &str = "tests/examples/refused/10-load-balancer-ipv6.yaml";

/// The commands of the README's section `title`, one by one.
pub(crate) fn commands(title: &str) -> Vec<String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let section = readme.split("\n## ").find(|section| section.starts_with(title)).unwrap();
    let lines = section.lines().filter_map(|line| line.strip_prefix("$ "));
    lines.map(|line| line.split("   #").next().unwrap().trim().to_owned()).collect()
}

/// A shell with kubectl and helm on its path, as the administrator of a cluster has it.
pub(crate) struct Shell<'a> {
    pub(crate) plane: &'a ControlPlane,
    pub(crate) home: TempDir,
}

impl Shell<'_> {
    pub(crate) fn try_run(&self, command: &str) -> Output {
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

    pub(crate) fn run(&self, command: &str) -> String {
        let ran = self.try_run(command);
        assert!(ran.status.success(), "{command}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    }
}
