//! One engine, several doors: the same question gets the same answer through each of them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::fs;
use std::process::{Command, Stdio};

use ako_gate::model::{Snapshot, Verdict};
use ako_gate::settings::Settings;
use serde_json::Value;
use support::case::{self, Case};
use support::control_plane::root;
use support::door::Webhook;
use support::review;
use tempfile::TempDir;

/// What `ako-gate review` printed, and its exit code.
fn reviewed(arguments: &[String], body: &str) -> (Vec<u8>, Option<i32>) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("review.json");
    fs::write(&file, body).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ako-gate"))
        .arg("review")
        .args(arguments)
        .arg(&file)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "diagnostics of {arguments:?}");
    (output.stdout, output.status.code())
}

/// Calls `judge` on every item, on as many threads as there are processors; what it complains about.
fn complaints<T: Sync>(items: &[T], judge: impl Fn(&T) -> Vec<String> + Sync) -> Vec<String> {
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let size = items.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let judge = &judge;
        let start =
            |part| scope.spawn(move || Iterator::flat_map(<[T]>::iter(part), judge).collect::<Vec<_>>());
        let parts: Vec<_> = items.chunks(size).map(start).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
}

/// What a door said, in a form that does not depend on the order of findings: files know their lines and are read
/// from top to bottom, reviews do not.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    allowed: bool,
    /// Field and rule of every finding that denies.
    causes: Vec<(String, String)>,
    warnings: Vec<(String, String)>,
}

impl Said {
    fn by_engine(verdict: &Verdict) -> Self {
        let place = |judged: &ako_gate::model::Judged| {
            (judged.finding.field.to_string(), judged.finding.rule.to_owned())
        };
        Self::sorted(
            verdict.is_allowed(),
            verdict.denials().map(place).collect(),
            verdict.warnings().map(place).collect(),
        )
    }

    fn in_answer(answer: &Value) -> Self {
        let response = &answer["response"];
        let causes = response["status"]["details"]["causes"].as_array().cloned().unwrap_or_default();
        let causes = causes.iter().map(|cause| {
            let message = cause["message"].as_str().unwrap();
            let rule = message.rsplit_once(" (").unwrap().1.trim_end_matches(')');
            (cause["field"].as_str().unwrap().to_owned(), rule.to_owned())
        });
        let warnings = response["warnings"].as_array().cloned().unwrap_or_default();
        let warnings = warnings.iter().map(|warning| {
            let mut parts = warning.as_str().unwrap().split(": ");
            let rule = parts.next().unwrap().to_owned();
            (parts.next().unwrap().to_owned(), rule)
        });
        Self::sorted(response["allowed"] == true, causes.collect(), warnings.collect())
    }

    fn sorted(allowed: bool, mut causes: Vec<(String, String)>, mut warnings: Vec<(String, String)>) -> Self {
        causes.sort();
        warnings.sort();
        Self { allowed, causes, warnings }
    }
}

/// What is wrong with the answers to one case.
fn doors_differ(case: &Case) -> Vec<String> {
    let Some(review) = review::of_case(case) else { return Vec::new() };
    let body = review.to_string();
    let settings = Settings { stated: case.stated.clone(), ..Settings::default() };
    let by_webhook = Webhook::new(case.snapshot(), settings, true).answer(body.as_bytes()).unwrap();

    let folder = TempDir::new().unwrap();
    // a document without a kind is named after its file
    let context = folder.path().join("values.yaml");
    fs::write(&context, review::context(case)).unwrap();
    let mut arguments: Vec<String> =
        case.profile.iter().flat_map(|pair| ["--profile".into(), pair.clone()]).collect();
    arguments.extend(["--context".into(), context.to_str().unwrap().into()]);
    let (by_command, code) = reviewed(&arguments, &body);

    let mut complaints = Vec::new();
    let mut complain = |what: String| complaints.push(format!("{}: {what}", case.path.display()));
    let engine = Said::by_engine(&case.judge());
    let webhook = Said::in_answer(&serde_json::from_slice(&by_webhook).unwrap());
    if engine != webhook {
        complain(format!("\n  the engine says {engine:?}\n  the webhook says {webhook:?}"));
    }
    if by_command.trim_ascii_end() != by_webhook {
        let texts = [&by_command, &by_webhook].map(|text| String::from_utf8_lossy(text).into_owned());
        complain(format!("\n  review prints {}\n  the webhook answers {}", texts[0].trim_end(), texts[1]));
    }
    if code != Some(i32::from(!engine.allowed)) {
        complain(format!("review ends with {code:?}"));
    }
    complaints
}

#[test]
fn every_case_gets_the_same_answer_through_every_door() {
    let cases = case::all(&root().join("tests/rules"));
    let reviews = cases.iter().filter(|case| review::of_case(case).is_some()).count();
    assert!(reviews > 100, "only {reviews} cases can be posted to a webhook");
    let complaints = complaints(&cases, doors_differ);
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_recorded_review_gets_one_answer_the_same_through_every_door() {
    let reviews = review::recorded();
    assert_eq!(reviews.len(), 37);
    let complaints = complaints(&reviews, |recorded| {
        let webhook = Webhook::new(Snapshot::complete(), Settings::default(), true);
        let answer = webhook.answer(recorded.body.as_bytes()).unwrap();
        let (printed, code) = reviewed(&[], &recorded.body);
        let asked: Value = serde_json::from_str(&recorded.body).unwrap();
        let mut complaints = Vec::new();
        let mut demand = |holds: bool, what: &str| {
            if !holds {
                complaints.push(format!("{}: {what}: {}", recorded.name, String::from_utf8_lossy(&answer)));
            }
        };
        demand(printed.trim_ascii_end() == answer, "`review` prints something else");
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        let response = &answer["response"];
        let allowed = response["allowed"].as_bool();
        demand(answer["apiVersion"] == asked["apiVersion"], "it is of another version");
        demand(answer["kind"] == "AdmissionReview" && answer.get("request").is_none(), "it is no answer");
        demand(response["uid"] == asked["request"]["uid"], "it is for another uid");
        demand(allowed.is_some_and(|allowed| code == Some(i32::from(!allowed))), "`review` ends differently");
        let explained = response["status"]["message"].as_str().is_some_and(|message| !message.is_empty());
        demand(
            allowed == Some(true) || (response["status"]["code"] == 403 && explained),
            "it does not say why",
        );
        complaints
    });
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Deletions, connections, subresources, objects on their way out, and what the API server writes itself.
#[test]
fn what_is_none_of_its_business_is_allowed_without_a_word() {
    let webhook = Webhook::with_settings("profile: {ako: 1.9.3}\n");
    let mut left_alone = Vec::new();
    for recorded in review::recorded() {
        let asked: Value = serde_json::from_str(&recorded.body).unwrap();
        let request = &asked["request"];
        let operation = request["operation"].as_str().unwrap();
        let terminating = !request["object"]["metadata"]["deletionTimestamp"].is_null();
        let by_server = request["userInfo"]["username"] == "system:apiserver";
        let is_subresource = request["subResource"].is_string();
        if ["DELETE", "CONNECT"].contains(&operation) || is_subresource || terminating || by_server {
            let answer: Value =
                serde_json::from_slice(&webhook.answer(recorded.body.as_bytes()).unwrap()).unwrap();
            let response = answer["response"].as_object().unwrap();
            let mut keys: Vec<&str> = response.keys().map(String::as_str).collect();
            keys.sort_unstable();
            assert_eq!(
                (&response["allowed"], keys),
                (&Value::Bool(true), vec!["allowed", "uid"]),
                "{}",
                recorded.name
            );
            left_alone.push(recorded.name[..2].to_owned());
        }
    }
    let wanted = ["17", "18", "19", "20", "21", "22", "23", "25", "29", "33", "34", "37"];
    assert_eq!(left_alone, wanted);
}
