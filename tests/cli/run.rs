//! Running the binary, and what its answers have in common.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::ran::Ran;
use crate::support::review;

/// Runs `ako-gate` with `input` on its standard input.
pub(crate) fn run_with(arguments: &[&str], input: &str) -> Ran {
    Ran::of(Command::new(env!("CARGO_BIN_EXE_ako-gate")).args(arguments), input)
}

pub(crate) fn run(arguments: &[&str]) -> Ran {
    run_with(arguments, "")
}

/// Runs `ako-gate`, which must succeed and say nothing on standard error; its standard output.
pub(crate) fn prints(arguments: &[&str]) -> String {
    let outcome = run(arguments);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    outcome.stdout
}

/// A mistake of whoever typed: exit code 2, nothing on standard output, and each of these on standard error.
pub(crate) fn mistake(outcome: &Ran, wanted: &[&str]) {
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{}", outcome.stderr);
    assert!(outcome.stderr.starts_with("error: ") && outcome.stderr.ends_with('\n'), "{}", outcome.stderr);
    for part in wanted {
        assert!(outcome.stderr.contains(part), "{part:?} is not in {}", outcome.stderr);
    }
}

pub(crate) fn write(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A review that is denied by default and allowed where `ako/unknown-ip-family` is off.
pub(crate) fn denied() -> Value {
    let mut review = review::numbered("26");
    review["request"]["object"]["data"] = json!({"ipFamily": "V9", "cniPlugin": "calico"});
    review
}
