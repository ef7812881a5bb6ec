//! Real reviews and objects with one thing broken.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ako_gate::decode::{json, manifest};
use ako_gate::model::{Node, Snapshot};
use ako_gate::settings::Settings;
use serde_json::Value;

use crate::support::case::{self, Case};
use crate::support::control_plane::root;
use crate::support::door::Webhook;
use crate::support::json::value;
use crate::support::{mutate, review};

/// Answers wanted to mutated reviews; what there is more is sampled evenly.
const MUTANTS: usize = 30_000;

/// Judges on as many threads as there are processors; what there is to complain about.
fn complaints<T: Sync>(items: &[T], judge: impl Fn(&T) -> Vec<String> + Sync) -> Vec<String> {
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let judge = &judge;
    // every thread takes its turn, so that long ones are spread
    let part = |first: usize| items.iter().skip(first).step_by(threads).flat_map(judge).collect::<Vec<_>>();
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..threads).map(|first| scope.spawn(move || part(first))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
}

/// A review to be broken, and what surrounds it.
struct Seed {
    name: String,
    review: Value,
    webhook: Webhook,
}

fn seeds() -> Vec<Seed> {
    let recorded = review::recorded().into_iter().map(|recorded| Seed {
        review: serde_json::from_str(&recorded.body).unwrap(),
        webhook: Webhook::with_settings("profile: {ako: 1.9.3, akoCloud: CLOUD_VCENTER}\n"),
        name: recorded.name,
    });
    let cases = case::all(&root().join("tests/rules")).into_iter().filter_map(|case| {
        let settings = Settings { stated: case.stated.clone(), ..Settings::default() };
        let webhook = Webhook::new(case.snapshot(), settings, true);
        Some(Seed { review: review::of_case(&case)?, webhook, name: case.path.display().to_string() })
    });
    recorded.chain(cases).collect()
}

/// What is wrong with what `webhook` does with `body`, which reads as `asked`; nothing when it gives one well-formed
/// answer, or refuses what has no uid.
pub(crate) fn fault(webhook: &Webhook, body: &str, asked: &Value) -> Option<String> {
    let Ok(answer) = catch_unwind(AssertUnwindSafe(|| webhook.answer(body.as_bytes()))) else {
        return Some("it panics outside the rules".to_owned());
    };
    let uid = asked["request"]["uid"].as_str().filter(|uid| !uid.is_empty());
    let answer = match (answer, uid) {
        (Ok(answer), _) => answer,
        (Err(_), None) => return None,
        (Err(why), Some(_)) => return Some(format!("no answer although there is a uid: {why}")),
    };
    let Ok(answer) = serde_json::from_slice::<Value>(&answer) else {
        return Some("its answer is no JSON".to_owned());
    };
    let response = &answer["response"];
    if response["uid"].as_str() != uid {
        return Some(format!("the answer is for another uid: {answer}"));
    }
    let version = answer["apiVersion"].as_str().unwrap_or_default();
    if answer["kind"] != "AdmissionReview" || !version.starts_with("admission.k8s.io/") {
        return Some(format!("the answer is no AdmissionReview: {answer}"));
    }
    let status = &response["status"];
    let explained =
        status["code"] == 403 && status["message"].as_str().is_some_and(|message| !message.is_empty());
    match response["allowed"].as_bool() {
        Some(true) if status.is_null() => {}
        Some(false) if explained => {}
        _ => return Some(format!("it neither allows nor denies with a reason: {answer}")),
    }
    let warnings = response["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for warning in warnings {
        if warning.chars().count() > 120 || warning.chars().any(char::is_control) {
            return Some(format!("a warning is too long or unprintable: {warning:?}"));
        }
    }
    answer.to_string().contains("internal error").then(|| "a rule panics".to_owned())
}

#[test]
fn a_broken_review_gets_one_answer() {
    let seeds = seeds();
    let places: Vec<Vec<String>> = seeds.iter().map(|seed| mutate::places(&seed.review)).collect();
    let all: usize = places.iter().map(Vec::len).sum::<usize>() * mutate::KINDS;
    let jobs: Vec<(&Seed, &String, usize)> = seeds
        .iter()
        .zip(&places)
        .flat_map(|(seed, places)| places.iter().map(move |place| (seed, place)))
        .flat_map(|(seed, place)| (0..mutate::KINDS).map(move |kind| (seed, place, kind)))
        .enumerate()
        .filter(|(index, _)| all <= MUTANTS || index * MUTANTS / all != (index + 1) * MUTANTS / all)
        .map(|(_, job)| job)
        .collect();
    assert!(jobs.len() >= MUTANTS.min(all));
    let complaints = complaints(&jobs, |(seed, place, kind)| {
        let mutant = mutate::mutant(&seed.review, place, *kind);
        let fault = fault(&seed.webhook, &mutant.text, &mutant.value);
        fault.into_iter().map(|fault| format!("{}, {place} broken by {kind}: {fault}", seed.name)).collect()
    });
    let first: Vec<&String> = complaints.iter().take(10).collect();
    assert!(complaints.is_empty(), "{} of {} mutants, such as {first:?}", complaints.len(), jobs.len());
}

/// What stands in the cluster can be as odd as what is asked: custom resources are hardly checked.
#[test]
fn broken_objects_in_the_cluster_harm_nobody() {
    let cases: Vec<Case> = case::all(&root().join("tests/rules"));
    let cases: Vec<&Case> = cases.iter().filter(|case| !case.context.is_empty()).collect();
    let complaints = complaints(&cases, |case| {
        let Some(review) = review::of_case(case) else { return Vec::new() };
        let context: Vec<Value> = Node::root(&case.document).at("context").items().map(value).collect();
        let context = Value::Array(context);
        let settings = Settings { stated: case.stated.clone(), ..Settings::default() };
        let mut complaints = Vec::new();
        for (index, place) in mutate::places(&context).iter().enumerate() {
            // one kind of damage at each place, another one at the next
            let kind = index % mutate::KINDS;
            let document = json::parse(&mutate::mutant(&context, place, kind).text).unwrap();
            let mut snapshot = Snapshot::complete();
            let stored = Node::root(&document)
                .items()
                .filter_map(|item| manifest::detach(&document, item, "values.yaml"));
            stored.for_each(|stored| snapshot.insert(stored));
            let webhook = Webhook::new(snapshot, settings.clone(), true);
            let fault = fault(&webhook, &review.to_string(), &review);
            let name = case.path.display();
            complaints.extend(fault.map(|fault| format!("{name}: context {place} {kind}: {fault}")));
        }
        complaints
    });
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Cuts a document off at every byte: what a proxy does that dies.
#[test]
fn a_truncated_review_is_refused() {
    let webhook = Webhook::with_settings("");
    let body = review::numbered("26").to_string();
    for end in 0..body.len() {
        assert!(webhook.answer(&body.as_bytes()[..end]).is_err(), "{}", &body[..end]);
    }
}
