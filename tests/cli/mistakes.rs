//! What mistakes get as answer.

use tempfile::TempDir;

use crate::cli::run::{denied, mistake, run, run_with, write};

#[test]
fn mistyped_arguments_get_a_remedy() {
    mistake(&run(&["frobnicate"]), &["frobnicate", "--help"]);
    mistake(&run(&["reviw"]), &["reviw", "'review'"]);
    mistake(&run(&["review", "--frob"]), &["--frob", "--help"]);
    mistake(&run(&["review", "--contxt", "x"]), &["'--context"]);
    mistake(&run(&["explain"]), &["<RULE>", "Usage: ako-gate explain <RULE>"]);
    mistake(&run(&["serve", "--listen", "8443"]), &["--listen", "invalid socket address"]);
    mistake(&run(&["serve", "--tls-cert-file", "x"]), &["--tls-key-file"]);
    mistake(&run(&["serve", "--standalone", "--kubeconfig", "x"]), &["--standalone", "cannot be used with"]);
    mistake(&run(&["completions", "tcsh"]), &["tcsh", "bash"]);
    let nothing = run(&[]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(2), ""));
    assert!(nothing.stderr.contains("Usage: ako-gate <COMMAND>"), "{}", nothing.stderr);
}

#[test]
fn a_profile_that_cannot_be_used_says_what_could() {
    for (pair, wanted) in [
        ("ako", "KEY=VALUE"),
        ("ako=new", "X.Y.Z"),
        ("akoCloud=vcenter", "CLOUD_VCENTER"),
        ("akoCloud=", "CLOUD_VCENTER"),
        ("colour=red", "known keys: ako, akoCloud"),
        ("platform=eks", "kubernetes or openshift"),
        ("clusterFamilies=IPv5", "IPv6,IPv4"),
        ("transportZone=x", "OVERLAY or VLAN"),
        ("akoNamespace=", "a namespace"),
        ("kubernetes=latest", "X.Y"),
    ] {
        let outcome = run_with(&["review", "--profile", pair], &denied().to_string());
        mistake(&outcome, &[&format!("--profile {pair}: "), wanted]);
    }
}

#[test]
fn every_mistake_in_the_settings_is_named_with_its_place() {
    let folder = TempDir::new().unwrap();
    let settings = "\
apiVersion: ako-gate/v1
kind: Setting
profile: {ako: 1.30}
rules:
  ako/unknown-ip-famly: warn
  ako/*: on
exemptions:
- rule: ako/*
  match: {nmae: x}
  reason: r
  owner: o
  expires: next year
";
    let config = write(&folder, "settings.yaml", settings);
    let outcome = run_with(&["review", "--config", &config], &denied().to_string());
    let wanted = [
        "settings.yaml:2:7: kind must be Settings",
        "settings.yaml:3:16: the value of ako must be text; put it in quotes",
        "settings.yaml:5:25: unknown rule \"ako/unknown-ip-famly\"; did you mean ako/unknown-ip-family?",
        "settings.yaml:6:10: \"true\" is none of deny, warn, audit, off",
        "settings.yaml:9:17: unknown key \"nmae\"; known keys: kind, namespace, name",
        "settings.yaml:12:12: \"next year\" is no date; write it as 2027-03-31",
    ];
    mistake(&outcome, &wanted);
    let lines = outcome.stderr.lines().filter(|line| line.contains("settings.yaml:")).count();
    assert_eq!(lines, wanted.len(), "{}", outcome.stderr);

    let broken = write(&folder, "broken.yaml", "apiVersion: ako-gate/v1\nrules: [\n");
    mistake(&run(&["serve", "--standalone", "--config", &broken]), &["broken.yaml:2:8: "]);
    mistake(&run(&["serve", "--standalone", "--config", "/nowhere.yaml"]), &["failed to read /nowhere.yaml"]);
}

#[test]
fn context_that_cannot_be_read_is_named_with_its_place() {
    let folder = TempDir::new().unwrap();
    let context = write(&folder, "cluster.yaml", "a: 1\n---\nb: {c\n---\nd: 1\n");
    let outcome = run_with(&["review", "--context", &context], &denied().to_string());
    mistake(&outcome, &["cluster.yaml:3:4: "]);
    mistake(&run(&["review", "--context", "/nowhere.yaml"]), &["failed to read /nowhere.yaml"]);
}
