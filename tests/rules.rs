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
        let mut differences = case.differences(&case.judge());
        differences.extend(case.differences_of_plan());
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

#[test]
fn every_finding_names_a_field() {
    let nameless = |case: &Case| {
        let verdict = case.judge();
        verdict.findings.iter().any(|judged| judged.finding.field.to_string().is_empty())
    };
    let cases = case::all(&folder());
    let failures: Vec<_> = cases.iter().filter(|case| nameless(case)).map(|case| &case.name).collect();
    assert!(failures.is_empty(), "{failures:?}");
}

/// What is right must not be talked about: a gate that cries wolf is turned off.
#[test]
fn legitimate_uses_stay_silent() {
    let cases = case::all(&folder().with_file_name("legitimate"));
    assert!(!cases.is_empty());
    let mut failures = Vec::new();
    for case in &cases {
        let verdict = case.judge();
        let mut said = case.differences(&verdict);
        let named = case.path.file_stem().unwrap() == case.name.as_str();
        if case.subject().is_none() || !case.expect_allowed || case.expect_warn || !named {
            said.push("no case of a legitimate use, or not named after its file".to_owned());
        }
        said.extend(verdict.findings.iter().map(|j| format!("{} at {}", j.finding.rule, j.finding.field)));
        // silence must not come from not knowing
        said.extend(verdict.skipped.iter().map(|skip| format!("{} skipped: {}", skip.rule, skip.why)));
        if !said.is_empty() {
            failures.push(format!("{}\n    {}", case.path.display(), said.join("\n    ")));
        }
    }
    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), cases.len(), failures.join("\n"));
}
