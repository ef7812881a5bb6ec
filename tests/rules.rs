//! Every case on disk, judged by the engine.

#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod support;

use std::path::{Path, PathBuf};

use support::case::{self, Case};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules")
}

/// The rule a case belongs to: the two folders it is in.
fn rule_of(case: &Case) -> String {
    let folder = case.path.parent().unwrap();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    format!("{}/{}", name(folder.parent().unwrap()), name(folder))
}

#[test]
fn every_case_gets_its_verdict() {
    let cases = case::all(&folder());
    assert!(!cases.is_empty());
    let mut failures = Vec::new();
    for case in &cases {
        let differences = case.differences(&case.judge());
        if !differences.is_empty() {
            failures.push(format!("{}\n    {}", case.path.display(), differences.join("\n    ")));
        }
    }
    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

#[test]
fn every_case_is_about_its_rule() {
    let mut failures = Vec::new();
    for case in case::all(&folder()) {
        let rule = rule_of(&case);
        let stem = case.path.file_stem().unwrap().to_string_lossy().into_owned();
        if stem != case.name {
            failures.push(format!("{}: its name is {:?}", case.path.display(), case.name));
        }
        let verdict = case.judge();
        let fired = verdict.findings.iter().any(|judged| judged.finding.rule == rule);
        let wanted = match stem.split('-').next() {
            Some("rejects" | "warns") => true,
            Some("accepts") => false,
            _ => continue,
        };
        if fired != wanted {
            failures.push(format!("{}: fired is {fired}", case.path.display()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
