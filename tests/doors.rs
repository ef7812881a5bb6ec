//! One engine, several doors: the same question gets the same answer through each of them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::fs;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ako_gate::engine::Judge;
use ako_gate::facts::profile;
use ako_gate::model::{Kind, Request, Snapshot, Stored, Verdict};
use ako_gate::reconcile::audit::{Audit, Circumstances};
use ako_gate::reconcile::ledger::{Effects, Entry, Id, Ledger};
use ako_gate::reconcile::prune::prune;
use ako_gate::reconcile::store::{Event, Store};
use ako_gate::reconcile::touched::Touched;
use ako_gate::settings::{Door, Settings};
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

/// The objects of a case as a watch brings them, the subject last.
fn watched(case: &Case) -> Vec<(Kind, &Stored)> {
    let subject = case.object.as_ref().or(case.old.as_ref());
    let all = case.context.iter().chain(subject);
    all.filter_map(|stored| Some((stored.object().kind()?, stored))).collect()
}

/// A store that has seen everything and holds nothing.
fn empty_store() -> Store {
    let mut store = Store::new(Kind::ALL.iter().copied());
    for kind in Kind::ALL.iter().filter(|kind| kind.is_served()) {
        // a cluster that serves Routes is OpenShift; cases say so where they mean it
        let none =
            if *kind == Kind::Route { Event::NotServed(*kind) } else { Event::Listed(*kind, Vec::new()) };
        store.apply(none);
    }
    store
}

fn applied(kind: Kind, stored: &Stored) -> Event {
    Event::Applied(kind, prune(stored.document(), kind))
}

fn deleted(kind: Kind, stored: &Stored) -> Event {
    let object = stored.object();
    Event::Deleted(kind, object.namespace().to_owned(), object.name().to_owned())
}

/// Judges what was touched, as the reconciler does.
fn audit(
    case: &Case,
    store: &Store,
    touched: Touched,
    ledger: &mut Ledger,
    before: Option<&Circumstances>,
) -> Circumstances {
    let snapshot = store.snapshot().0;
    let now = Circumstances {
        settings: Arc::default(),
        profile: profile::resolve(&case.stated, &snapshot, None),
        today: jiff::civil::date(2026, 1, 1),
    };
    let Circumstances { settings, profile, today } = &now;
    let audit = Audit { snapshot: &snapshot, profile, settings, today: *today, now: 0 };
    for id in now.widen(before, touched).objects(&snapshot, ledger) {
        ledger.settle(&id, audit.judge(&id).unwrap(), &mut Effects::default());
    }
    now
}

/// What the engine says about one object of a case, the others being its surroundings.
fn engine_entries(case: &Case, subject: &Stored) -> Vec<Entry> {
    let mut snapshot = empty_store().snapshot().0;
    for (_, stored) in watched(case) {
        snapshot.insert(stored.clone());
    }
    let (settings, request) = (Settings::default(), Request::create(subject.object()));
    let judge = Judge {
        snapshot: &snapshot,
        profile: &profile::resolve(&case.stated, &snapshot, Some(request.subject)),
        settings: &settings,
        today: jiff::civil::date(2026, 1, 1),
        door: Door::Reconcile,
        within_budget: &|| true,
        explain: false,
    };
    judge.judge(&request).findings.iter().map(|judged| Entry::new(judged, 0)).collect()
}

/// Cases of what a cluster serves.
fn live_cases() -> Vec<Case> {
    let mut cases = case::all(&root().join("tests/rules"));
    cases.retain(|case| watched(case).iter().all(|(kind, _)| kind.is_served()) && !watched(case).is_empty());
    assert!(cases.len() > 300, "only {} cases are of what a cluster serves", cases.len());
    cases
}

/// The reconciler keeps less of an object, and judges it where it stands; its findings are the same.
#[test]
fn the_reconciler_finds_what_the_engine_finds() {
    let cases = live_cases();
    let found = AtomicUsize::new(0);
    let complaints = complaints(&cases, |case| {
        let mut store = empty_store();
        let objects = watched(case);
        for (kind, stored) in &objects {
            store.apply(applied(*kind, stored));
        }
        let mut ledger = Ledger::default();
        audit(case, &store, Touched::everything(), &mut ledger, None);
        let mut wrong = Vec::new();
        if case.operation == "CREATE" && case.subresource.is_empty() {
            let reference = case.subject().unwrap().reference();
            let said: Vec<String> = ledger
                .within(&reference.namespace)
                .filter(|entry| entry.object == reference)
                .map(|entry| format!("{} {}", entry.rule, entry.field))
                .collect();
            let wanted: Vec<String> = case
                .judge()
                .findings
                .iter()
                .map(|judged| &judged.finding)
                .filter(|finding| !ako_gate::rules::find(finding.rule).unwrap().about_dependants)
                .map(|finding| format!("{} {}", finding.rule, finding.field))
                .collect();
            if said != wanted {
                wrong.push(format!(
                    "{}: the reconciler says {said:?}\nthe webhook says {wanted:?}",
                    case.path.display()
                ));
            }
        }
        // of one identity the last one counts
        let last = |id: &Id| {
            objects.iter().rev().find(|(kind, stored)| {
                let object = stored.object();
                *kind == id.kind && object.namespace() == id.namespace && object.name() == id.name
            })
        };
        for (kind, stored) in &objects {
            let id = Id::new(*kind, stored.object().namespace(), stored.object().name());
            let (_, stored) = last(&id).unwrap();
            let wanted = engine_entries(case, stored);
            let said: Vec<Entry> =
                ledger.within(&id.namespace).filter(|e| e.id().as_ref() == Some(&id)).cloned().collect();
            found.fetch_add(said.len(), Ordering::Relaxed);
            if said != wanted {
                wrong.push(format!(
                    "{}: the reconciler says {said:#?}\nthe engine says {wanted:#?}",
                    case.path.display()
                ));
            }
        }
        wrong
    });
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    let found = found.into_inner();
    assert!(found > 300, "only {found} findings were compared");
}

/// Whatever changes, judging what it can touch leads to the same ledger as judging everything.
#[test]
fn judging_what_a_change_touches_is_as_good_as_judging_everything() {
    let complaints = complaints(&live_cases(), |case| {
        let objects = watched(case);
        let mut store = empty_store();
        let mut ledger = Ledger::default();
        let mut wrong = Vec::new();
        let mut before = None;
        let mut step = |store: &mut Store, what: String| {
            let touched = store.take_touched();
            before = Some(audit(case, store, touched, &mut ledger, before.as_ref()));
            let mut full = Ledger::default();
            audit(case, store, Touched::everything(), &mut full, None);
            let rules = |ledger: &Ledger| {
                let entries = ledger
                    .namespaces()
                    .into_iter()
                    .flat_map(|ns| ledger.within(&ns).cloned().collect::<Vec<_>>());
                entries.map(|entry| format!("{}: {}", entry.object, entry.rule)).collect::<Vec<_>>()
            };
            if ledger != full {
                let (says, all) = (rules(&ledger), rules(&full));
                wrong.push(format!("{}: {what}: {says:#?}, but all in all {all:#?}", case.path.display()));
            }
        };
        for (kind, stored) in objects.iter().rev().chain(&objects) {
            store.apply(applied(*kind, stored));
            step(&mut store, format!("{} came", stored.object().reference()));
        }
        for (kind, stored) in &objects {
            store.apply(deleted(*kind, stored));
            step(&mut store, format!("{} went", stored.object().reference()));
            store.apply(applied(*kind, stored));
            step(&mut store, format!("{} came back", stored.object().reference()));
        }
        wrong
    });
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
