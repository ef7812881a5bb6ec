//! Input that only a generator writes.

use ako_gate::decode::review::Review;
use ako_gate::decode::{self, json, manifest, yaml};
use ako_gate::model::{Document, Node};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use serde_json::Value;

use super::broken::fault;
use super::pieces::{JSON_PIECES, SETTINGS_PIECES, YAML_PIECES, any_json, soup};
use crate::support::door::Webhook;
use crate::support::json::value;
use crate::support::review;

fn config() -> Config {
    // the same input in every run; PROPTEST_CASES asks for more of it
    Config { rng_seed: RngSeed::Fixed(4_062), failure_persistence: None, ..Config::default() }
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

    #[test]
    fn json_files_keep_every_value(written in any_json()) {
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
