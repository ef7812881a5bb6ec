//! Every case through the engine, the webhook, `review`, `check` and the reconciler: the same findings, in the same
//! words where the door has room for them.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use ako_gate::model::{Action, Judged, Verdict};
use ako_gate::reconcile::ledger::{Entry, Ledger};
use ako_gate::reconcile::touched::Touched;
use ako_gate::report::text::{block, lowered, one_line};
use ako_gate::settings::Settings;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::doors::asked::{applied, audit, complaints, empty_store, reviewed, run, watched};
use crate::support::case::{self, Case};
use crate::support::control_plane::root;
use crate::support::door::Webhook;
use crate::support::review;

/// What a door says of the order of findings counts nowhere: files know their lines and are read from top to bottom,
/// reviews do not.
fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort();
    items
}

/// The parts of a finding that have the same name in the JSON of `check`.
const PARTS: [&str; 10] =
    ["rule", "action", "kind", "object", "field", "value", "message", "consequence", "remedy", "fingerprint"];

/// A finding as `check` is to print it.
fn in_json(judged: &Judged) -> String {
    let finding = &judged.finding;
    let object = json!({
        "apiVersion": finding.object.api_version, "kind": finding.object.kind,
        "namespace": finding.object.namespace, "name": finding.object.name,
    });
    let parts = json!([
        finding.rule,
        judged.action.name(),
        finding.kind.name(),
        object,
        finding.field.as_str(),
        finding.value,
        finding.message,
        finding.consequence,
        finding.remedy,
        finding.fingerprint(),
    ]);
    parts.to_string()
}

/// What `check` prints and how it ends, if that is not what the engine says.
fn check_differs(case: &Case, verdict: &Verdict) -> Option<String> {
    let folder = TempDir::new().unwrap();
    let output = run(&case.write_to(folder.path(), Value::to_string));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let parts = |finding: &Value| Value::from(PARTS.map(|part| finding[part].clone()).to_vec()).to_string();
    let said = sorted(report["findings"].as_array().unwrap().iter().map(parts));
    let wanted = sorted(verdict.findings.iter().map(in_json));
    let (code, denied) = (output.status.code(), i32::from(!verdict.is_allowed()));
    (said != wanted || code != Some(denied))
        .then(|| format!("check says {said:#?} and ends with {code:?}\nthe engine says {wanted:#?}"))
}

/// The answer to a review in its parts: whether it allows, causes, warnings, what is only recorded.
type Answer = (bool, Vec<(String, String)>, Vec<String>, String);

/// The answer that is to be given.
fn answer_to(verdict: &Verdict) -> Answer {
    let cause = |judged: &Judged| {
        let finding = &judged.finding;
        (finding.field.to_string(), format!("{} ({})", finding.message, finding.rule))
    };
    let line = |judged: &Judged| {
        let finding = &judged.finding;
        format!("{}: {}: {}{}", finding.rule, finding.field, lowered(judged), finding.message)
    };
    let audited = verdict.findings.iter().filter(|judged| judged.action == Action::Audit).map(line);
    (
        verdict.is_allowed(),
        sorted(verdict.denials().map(cause)),
        sorted(verdict.warnings().map(|judged| one_line(&line(judged), 120))),
        audited.collect::<Vec<_>>().join("; "),
    )
}

/// What the webhook answers and `review` prints, if that is not what the engine says.
fn answers_differ(case: &Case, review: &Value, verdict: &Verdict) -> Option<String> {
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
    let text = String::from_utf8_lossy(&by_webhook);
    if by_command.trim_ascii_end() != by_webhook {
        return Some(format!("review prints {}\nnot {text}", String::from_utf8_lossy(&by_command)));
    }

    let answer: Value = serde_json::from_slice(&by_webhook).unwrap();
    let response = &answer["response"];
    let string = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let causes = list(&response["status"]["details"]["causes"]);
    let said = (
        response["allowed"] == true,
        sorted(causes.iter().map(|cause| (string(&cause["field"]), string(&cause["message"])))),
        sorted(list(&response["warnings"]).iter().map(string)),
        string(&response["auditAnnotations"]["audited"]),
    );
    let wanted = answer_to(verdict);
    let message = string(&response["status"]["message"]) + "\n";
    let tells = verdict.denials().all(|judged| message.contains(&block(&judged.finding)));
    (said != wanted || !tells || code != Some(i32::from(!wanted.0))).then(|| {
        format!("the webhook answers {text}; review ends with {code:?}\nthe engine says {wanted:#?}")
    })
}

/// What the reconciler records about the subject, if that is not what the engine says of its creation.
fn ledger_differs(case: &Case, verdict: &Verdict) -> Option<String> {
    let (mut store, mut ledger) = (empty_store(), Ledger::default());
    for (kind, stored) in watched(case) {
        store.apply(applied(kind, stored));
    }
    audit(case, &store, Touched::everything(), &mut ledger, None);
    let subject = case.subject().unwrap().reference();
    let said: Vec<&Entry> =
        ledger.within(&subject.namespace).filter(|entry| entry.object == subject).collect();
    // what a change would break shows in what it breaks
    let own = |judged: &&Judged| !ako_gate::rules::find(judged.finding.rule).unwrap().about_dependants;
    let wanted: Vec<Entry> =
        verdict.findings.iter().filter(own).map(|judged| Entry::new(judged, 0)).collect();
    (said != wanted.iter().collect::<Vec<_>>())
        .then(|| format!("the reconciler says {said:#?}\nthe engine says {wanted:#?}"))
}

/// Whether a cluster can hold it: it is created, with kinds that clusters serve.
fn is_live(case: &Case) -> bool {
    let creates = case.operation == "CREATE" && case.subresource.is_empty();
    creates && !watched(case).is_empty() && watched(case).iter().all(|(kind, _)| kind.is_served())
}

#[test]
fn every_case_gets_the_same_findings_through_every_door() {
    let cases: Vec<Case> = ["rules", "legitimate"]
        .iter()
        .flat_map(|folder| case::all(&root().join("tests").join(folder)))
        .collect();
    let (through, found) = ([const { AtomicUsize::new(0) }; 4], AtomicUsize::new(0));
    let complaints = complaints(&cases, |case| {
        let verdict = case.judge();
        found.fetch_add(verdict.findings.len(), Ordering::Relaxed);
        let review = review::of_case(case);
        let differences = [
            case.is_written().then(|| check_differs(case, &verdict)),
            review.map(|review| answers_differ(case, &review, &verdict)),
            is_live(case).then(|| ledger_differs(case, &verdict)),
        ];
        for (door, difference) in differences.iter().enumerate() {
            through[door].fetch_add(usize::from(difference.is_some()), Ordering::Relaxed);
        }
        if differences.iter().all(Option::is_none) {
            through[3].fetch_add(1, Ordering::Relaxed);
        }
        let path = case.path.display();
        differences
            .into_iter()
            .flatten()
            .flatten()
            .map(|difference| format!("{path}: {difference}"))
            .collect()
    });
    assert!(complaints.is_empty(), "{} differences:\n{}", complaints.len(), complaints.join("\n"));
    let [checked, reviewed, live, only_judged] = through.map(AtomicUsize::into_inner);
    let all = cases.len();
    assert!(
        checked > all / 2 && reviewed > all / 3 && live > all / 3,
        "{checked}, {reviewed}, {live} of {all}"
    );
    assert_eq!(only_judged, 0, "cases that went through no door");
    let found = found.into_inner();
    assert!(found > all / 2, "only {found} findings were compared");
}
