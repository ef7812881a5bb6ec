//! Input that nobody sends by accident: whatever it is, it gets one well-formed answer and no rule panics.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};

use ako_gate::decode::review::Review;
use ako_gate::decode::{self, json, manifest, yaml};
use ako_gate::model::{Document, Node, Snapshot};
use ako_gate::settings::Settings;
use proptest::num;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use serde_json::{Map, Value};
use support::case::{self, Case};
use support::control_plane::root;
use support::door::Webhook;
use support::json::value;
use support::{mutate, review};

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
fn fault(webhook: &Webhook, body: &str, asked: &Value) -> Option<String> {
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

fn config() -> Config {
    // the same input in every run; PROPTEST_CASES asks for more of it
    Config { rng_seed: RngSeed::Fixed(4_062), failure_persistence: None, ..Config::default() }
}

/// Pieces put one behind the other without any sense.
fn soup(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![6 => prop::sample::select(pieces).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

const JSON_PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"request\"",
    "\"uid\":\"u\",",
    "\"object\":",
    "\"metadata\":{",
    "\"annotations\":{",
    "\"managedFields\":",
    "null",
    "true",
    "-1.5e3",
    "1e999",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "\"",
    "\\",
    " ",
    "\n",
    "0",
];

const YAML_PIECES: &[&str] = &[
    "a: ",
    "b:",
    "- ",
    "? ",
    "  ",
    "\n",
    "\n  ",
    "---\n",
    "...\n",
    "&x ",
    "*x",
    "*x ",
    "<<: ",
    "<<: *x\n",
    "<<: [*x, *y]\n",
    "&y ",
    "|\n",
    ">-\n",
    "'",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ": ",
    "!!str ",
    "!!map ",
    "!x ",
    "# c\n",
    "\t",
    "%YAML 1.1\n",
    "yes",
    "~",
    "0x1F",
    "1e3",
    "1_0",
    "\u{feff}",
    "\r\n",
    "\u{85}",
];

const SETTINGS_PIECES: &[&str] = &[
    "profile: ",
    "{ako: 1.9.3}\n",
    "{ako: x, pin: 3}\n",
    "rules:\n",
    "  '*': ",
    "  ako/*: warn\n",
    "  ako/unknown-ip-family: ",
    "deny\n",
    "off\n",
    "{webhook: warn}\n",
    "{webhook: [x]}\n",
    "exemptions:\n",
    "- ",
    "rule: ako/*\n",
    "  match: {name: a*}\n",
    "  match: x\n",
    "  reason: r\n",
    "  owner: o\n",
    "  expires: 2027-03-31\n",
    "  expires: 2027-02-31\n",
    "webhook: ",
    "{unknown: deny}\n",
    "\n",
    "[",
    "]",
    "{",
    "}",
    "x: y\n",
    "~\n",
    "&a ",
    "*a\n",
];

/// Keys of objects and of settings, and some that YAML would like to be something else.
const KEYS: &[&str] = &[
    "spec",
    "data",
    "type",
    "ipFamilies",
    "kind",
    "y",
    "1",
    "<<",
    "items",
    "ako",
    "pin",
    "ako/*",
    "*",
    "webhook",
    "check",
    "rule",
    "match",
    "name",
    "reason",
    "owner",
    "expires",
    "unknown",
];

/// Any JSON, with keys that mean something to the gate.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // what is smaller still is not read exactly by anybody here
        (num::f64::NORMAL | num::f64::POSITIVE | num::f64::NEGATIVE).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(&["CREATE", "v1", "Service", "V6", "2001:db8::/64", "~", "yes", "1.30"][..])
            .prop_map(Value::from),
    ];
    let key = prop_oneof![any::<String>(), prop::sample::select(KEYS).prop_map(str::to_owned),];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|entries| Value::Object(Map::from_iter(entries))),
        ]
    })
}

/// Visits every value of a document, and what is decoded from its strings.
fn walk(node: Node<'_>, left: &mut usize) {
    *left = left.checked_sub(1).unwrap_or_else(|| panic!("a document has more values than nodes"));
    let path = node.path_from(node);
    assert_eq!(path.as_str(), "");
    node.children()
        .chain(Some(node.embedded()).filter(|inner| !inner.is_absent()))
        .for_each(|child| walk(child, left));
}

fn is_whole(document: &Document) {
    walk(Node::root(document), &mut document.len().max(1));
}

/// Whether two values are the same, 1 and 1.0 being so; the last digit of a fraction is not read exactly.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (x, y) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            a == b || ((a.is_f64() || b.is_f64()) && (x - y).abs() <= x.abs() * 1e-15)
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        _ => a == b,
    }
}

/// Whether settings with this text below their head are decoded, or refused with the place of each mistake.
fn settings_are_decoded_or_refused(text: &str) -> bool {
    let text = format!("apiVersion: ako-gate/v1\nkind: Settings\n{text}");
    decode::settings::parse(&text).err().is_none_or(|errors| {
        let is_placed =
            |error: &decode::SyntaxError| error.line > 0 && error.column > 0 && !error.message.is_empty();
        !errors.is_empty() && errors.iter().all(is_placed)
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes_are_answered_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Webhook::with_settings("").answer(&bytes).is_err());
    }

    #[test]
    fn any_json_text_is_decoded_or_refused(text in soup(JSON_PIECES)) {
        if let Ok(review) = Review::parse(&text) {
            // whatever is missing shows here, and is no panic
            let _ = (review.uid(), review.api_version(), review.user(), review.request().is_ok());
        }
        if let Ok(document) = json::parse(&text) {
            is_whole(&document);
        }
    }

    #[test]
    fn any_object_under_review_is_answered(object in any_json(), old in any_json()) {
        let mut review = review::numbered("28");
        review["request"]["object"] = object;
        review["request"]["oldObject"] = old;
        prop_assert_eq!(fault(&Webhook::with_settings(""), &review.to_string(), &review), None);
    }

    #[test]
    fn json_is_read_as_everybody_reads_it(written in any_json()) {
        let document = json::parse(&written.to_string()).unwrap();
        is_whole(&document);
        let read = value(Node::root(&document));
        prop_assert!(same(&read, &written), "{read}\n{written}");
    }

    /// JSON files are read as YAML, which JSON is.
    #[test]
    fn json_is_yaml(written in any_json()) {
        let written = serde_json::json!({"a": written});
        let document = yaml::parse_one(&written.to_string());
        prop_assert!(document.is_ok(), "{:?}\n{written}", document.err());
        let document = document.unwrap();
        is_whole(&document);
        let read = value(Node::root(&document));
        prop_assert!(same(&read, &written), "{read}\n{written}");
    }

    #[test]
    fn any_yaml_text_is_decoded_or_refused(text in soup(YAML_PIECES)) {
        for document in yaml::parse(&text) {
            match document {
                Ok(document) => {
                    is_whole(&document);
                    let stored = manifest::objects(document, "values.yaml", None);
                    prop_assert!(stored.iter().all(|stored| stored.object().kind().is_some()));
                }
                Err(error) => prop_assert!(error.line > 0 && error.column > 0 && !error.message.is_empty(), "{error}"),
            }
        }
    }

    #[test]
    fn any_settings_text_is_decoded_or_refused(text in soup(SETTINGS_PIECES)) {
        prop_assert!(settings_are_decoded_or_refused(&text));
    }

    #[test]
    fn settings_of_any_shape_are_decoded_or_refused(
        value in any_json(), entry in 0..4,
    ) {
        let text = match entry {
            0 => format!("profile: {value}\n"),
            1 => format!("rules: {value}\n"),
            2 => format!("exemptions: [{value}]\n"),
            _ => format!("webhook: {value}\n"),
        };
        prop_assert!(settings_are_decoded_or_refused(&text));
    }
}
