//! `ako-gate serve`: settings that change under it, and what keeps it from starting.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::cli::run::{denied, run};
use crate::support::control_plane::within;
use crate::support::ran::Ran;
use crate::support::running::Running;
use crate::support::tls::{Authority, Connection, usual_client};

/// A running gate whose settings can be changed.
struct Reloading {
    gate: Running,
    settings: PathBuf,
    connection: Connection,
    _folder: TempDir,
}

impl Reloading {
    fn start(body: &str) -> Self {
        let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
        authority.issue_to(folder.path());
        let settings = folder.path().join("settings.yaml");
        write_settings(&settings, body);
        let gate = Running::start("127.0.0.1", folder.path(), &["--config", settings.to_str().unwrap()]);
        let connection = Connection::open(gate.https, "127.0.0.1", &usual_client(&authority.pem())).unwrap();
        Self { gate, settings, connection, _folder: folder }
    }

    fn denies(&mut self) -> bool {
        let answer = self.connection.review(&denied().to_string()).unwrap();
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        answer["response"]["allowed"] == false
    }

    fn has_metric(&self, line: &str) -> bool {
        self.gate.admin_get("/metrics").is_some_and(|text| text.lines().any(|found| found == line))
    }
}

fn write_settings(path: &Path, body: &str) {
    // in one step, as a mounted volume is exchanged: a half-written file would be another mistake
    let new = path.with_extension("new");
    fs::write(&new, format!("apiVersion: ako-gate/v1\nkind: Settings\n{body}")).unwrap();
    fs::rename(new, path).unwrap();
}

#[test]
fn new_settings_take_effect_while_serving_and_bad_ones_do_not() {
    let mut gate = Reloading::start("rules: {ako/unknown-ip-family: off}\n");
    assert!(!gate.denies());
    assert!(gate.has_metric("ako_gate_settings_invalid 0"));

    write_settings(&gate.settings, "rules:\n  ako/unknown-ip-famly: deny\n");
    within(60, "the mistake is counted", || gate.has_metric("ako_gate_settings_invalid 1"));
    let log = gate.gate.log();
    for part in
        ["ERROR", "the new settings are refused; the old ones stay", "settings.yaml:4:25: unknown rule"]
    {
        assert!(log.contains(part), "{part:?} is not in {log}");
    }
    assert!(!gate.denies(), "the old ones stay");

    assert!(!log.contains("an exemption has expired"), "{log}");
    write_settings(
        &gate.settings,
        "exemptions: [{rule: ako/*, match: {name: a}, reason: r, owner: team-a, expires: 2020-01-01}]\n",
    );
    within(60, "the mistake is over", || gate.has_metric("ako_gate_settings_invalid 0"));
    assert!(gate.denies(), "the new ones are in force");
    let log = gate.gate.log();
    assert!(log.contains("the new settings are in force"));
    let expired = log.lines().find(|line| line.contains("an exemption has expired"));
    assert!(expired.is_some_and(|line| line.contains("team-a")), "{log}");
}

#[test]
fn settings_that_disappear_leave_the_last_ones_in_force() {
    let mut gate = Reloading::start("rules: {ako/unknown-ip-family: off}\n");
    fs::remove_file(&gate.settings).unwrap();
    within(60, "it is counted", || gate.has_metric("ako_gate_settings_invalid 1"));
    assert!(!gate.denies());
    write_settings(&gate.settings, "rules: {ako/unknown-ip-family: off}\n");
    within(60, "it is over", || gate.has_metric("ako_gate_settings_invalid 0"));
}

#[test]
fn serve_says_what_keeps_it_from_starting() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let free = "127.0.0.1:0";
    let outcome = run(&["serve", "--standalone", "--listen", &address, "--admin-listen", free]);
    mistake_in_log(&outcome, &format!("failed to listen on {address}"));
    let outcome = run(&["serve", "--standalone", "--admin-listen", &address, "--listen", free]);
    mistake_in_log(&outcome, &format!("failed to listen on {address}"));
    let outcome = run(&["serve", "--listen", free, "--admin-listen", free]);
    mistake_in_log(&outcome, "pass --kubeconfig or --standalone");
    let nowhere = ["serve", "--listen", free, "--admin-listen", free, "--kubeconfig", "/nowhere"];
    mistake_in_log(&run(&nowhere), "failed to read /nowhere");
    let san = ["serve", "--standalone", "--listen", free, "--admin-listen", free, "--tls-san", "ü"];
    mistake_in_log(&run(&san), "--tls-san");
}

/// As [`mistake`], behind log lines.
fn mistake_in_log(outcome: &Ran, wanted: &str) {
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{}", outcome.stderr);
    let error = outcome.stderr.lines().find(|line| line.starts_with("error: "));
    assert!(error.is_some_and(|error| error.contains(wanted)), "{wanted:?} is not in {}", outcome.stderr);
}
