//! The engine and `check` say the same about every case.

use std::sync::Mutex;

use ako_gate::engine::Judge;
use ako_gate::facts::profile;
use ako_gate::model::{Judged, Kind, Node, Operation};
use ako_gate::settings::{Door, Settings};
use serde_json::{Value, json};

use super::folder::Folder;
use crate::support::case::{self, Case};
use crate::support::control_plane::root;
use crate::support::json::value;
use crate::support::review;

/// What the engine finds, as `check` would print it.
fn by_engine(case: &Case) -> Vec<Value> {
    let Some(request) = case.request() else { return Vec::new() };
    let (snapshot, settings) = (case.snapshot(), Settings::default());
    let judge = Judge {
        snapshot: &snapshot,
        profile: &profile::resolve(&case.stated, &snapshot, Some(request.subject)),
        settings: &settings,
        today: jiff::civil::date(2026, 1, 1),
        door: Door::Check,
        within_budget: &|| true,
        explain: false,
    };
    let line = |judged: &Judged| {
        let finding = &judged.finding;
        json!([finding.rule, judged.action.name(), finding.field.as_str(), finding.value, finding.message])
    };
    sorted(judge.judge(&request).findings.iter().map(line).collect())
}

/// A folder with a case in it, its object as `write` writes it, and the arguments that judge it as JSON.
pub(super) fn prepared(case: &Case, write: impl Fn(&Value) -> String) -> (Folder, Vec<String>) {
    let document = Node::root(&case.document);
    let folder = Folder::with(&[]);
    // documents without a kind are named after their file
    folder.write("new/values.yaml", write(&value(document.at("object"))));
    let none = |kind: &Kind| {
        let version = if kind.group().is_empty() { "v1".to_owned() } else { format!("{}/v1", kind.group()) };
        format!(
            "---\n{}\n",
            json!({"kind": format!("{}List", kind.name()), "apiVersion": version, "items": []})
        )
    };
    let none: String = Kind::ALL.iter().map(none).collect();
    folder.write("context/values.yaml", none + &review::context(case));
    let mut arguments = vec!["check", "-q", "--format", "json", "new", "--context", "context"];
    if case.old.is_some() {
        folder.write("old/values.yaml", value(document.at("oldObject")).to_string());
        arguments.extend(["--old", "old"]);
    }
    arguments.extend(case.profile.iter().flat_map(|pair| ["--profile", pair]));
    let arguments = arguments.into_iter().map(str::to_owned).collect();
    (folder, arguments)
}

/// What the binary prints.
fn by_binary(case: &Case) -> Vec<Value> {
    let (folder, arguments) = prepared(case, Value::to_string);
    let ran = folder.run(&arguments, "");
    let json = ran.json();
    let line = |f: &Value| json!([f["rule"], f["action"], f["field"], f["value"], f["message"]]);
    let findings = sorted(json["findings"].as_array().unwrap().iter().map(line).collect());
    let denies = findings.iter().any(|finding| finding[1] == "deny");
    assert_eq!(ran.code, Some(i32::from(denies)), "{}", case.path.display());
    findings
}

/// Files know their lines and are read from top to bottom; cases have none.
fn sorted(mut findings: Vec<Value>) -> Vec<Value> {
    findings.sort_by_key(Value::to_string);
    findings
}

/// Every case that can be a file: one that writes an object.
pub(super) fn cases() -> Vec<Case> {
    let goes_through = |case: &Case| {
        let operation = case.request().map(|request| request.operation);
        let writes = matches!(operation, Some(Operation::Create | Operation::Update));
        writes && case.subresource.is_empty() && case.object.is_some()
    };
    let mut cases: Vec<Case> = case::all(&root().join("tests/rules"));
    cases.retain(goes_through);
    cases
}

#[test]
fn every_case_gets_the_same_findings_from_check() {
    let cases = cases();
    assert!(cases.len() > 300, "only {} cases can be checked", cases.len());
    let (queue, different) = (Mutex::new(cases.iter()), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let Some(case) = queue.lock().unwrap().next() else { return };
            let (engine, binary) = (by_engine(case), by_binary(case));
            if engine != binary {
                let path = case.path.display();
                different.lock().unwrap().push(format!("{path}\n  engine {engine:?}\n  check  {binary:?}"));
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let different = different.into_inner().unwrap();
    assert!(different.is_empty(), "{} of {}:\n{}", different.len(), cases.len(), different.join("\n"));
}
