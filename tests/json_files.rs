//! JSON files are read by a reader of their own. Whatever they hold, it finds the same values, places and faults as the
//! reader of YAML, which reads JSON behind a line that only YAML has.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use ako_gate::decode::yaml;
use ako_gate::model::Node;
use ignore::WalkBuilder;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use serde_json::{Value, json};
use support::control_plane::root;
use support::json::{by_both_readers, is_json, value};

/// Every value with its place: what the rules may not know of counts too.
fn places(text: &str) -> Vec<String> {
    fn walk(node: Node<'_>, found: &mut Vec<String>) {
        found.push(format!("{} {:?} {:?} {:?}", node.key(), node.shape(), node.text(), node.span()));
        node.children().for_each(|child| walk(child, found));
    }
    let mut found = Vec::new();
    for read in yaml::documents(text) {
        match read {
            Ok(read) => {
                walk(Node::root(&read.document), &mut found);
                found.extend(read.notices.iter().map(ToString::to_string));
            }
            Err(error) => found.push(error.to_string()),
        }
    }
    found
}

fn agree(text: &str) -> Result<(), TestCaseError> {
    let [json, yaml] = ["\n", "---\n"].map(|before| places(&format!("{before}{text}")));
    prop_assert_eq!(json, yaml, "{}", text);
    let [json, yaml] = by_both_readers(text);
    prop_assert_eq!(json, yaml, "{}", text);
    Ok(())
}

/// A string as somebody might write it: characters as they are or escaped.
fn string() -> impl Strategy<Value = String> {
    let plain = any::<char>().prop_map(|c| match c {
        '"' | '\\' | '\0'..='\u{1f}' => format!("\\u{:04x}", u32::from(c)),
        _ => c.to_string(),
    });
    let pieces = [
        "\\n",
        "\\t",
        "\\\"",
        "\\\\",
        "\\/",
        "\\b\\f\\r",
        "\\u00e4",
        "\\u0000",
        "\\uD83d\\ude00",
        "\\ud83d",
        "\\ude00",
        "\\u0085",
        "\\uFFFE",
        "\\ufeff",
        "\\q",
        "ü",
        "\u{1f600}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{7f}",
        "\u{fffe}",
        "\t",
        "\n",
        " ",
        ": ",
        " #",
        "---",
        "fd00::",
        "y",
        "~",
        "012",
        "<<",
        "{{",
        "kind",
        "Service",
        "metadata",
        "&a",
        "*a",
    ];
    let piece = prop_oneof![1 => plain, 3 => prop::sample::select(pieces.to_vec()).prop_map(str::to_owned)];
    // what breaks a whole text stays rare
    let usual = prop::sample::select(&["a", "b", "kind", "metadata", "name", "<<", "y", "null", "1", ""][..]);
    let odd = prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat());
    prop_oneof![6 => usual.prop_map(str::to_owned), 1 => odd].prop_map(|text| format!("\"{text}\""))
}

fn number() -> impl Strategy<Value = String> {
    let usual = "-?(0|[1-9][0-9]{0,3})";
    let any = "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,3})?";
    prop_oneof![usual, any]
}

/// Any JSON object, with blanks wherever there may be some.
fn object() -> impl Strategy<Value = String> {
    let blank = || {
        let blanks = ["", "", "", " ", "  ", "\n", "\r\n", "\r", "\n    "];
        prop::sample::select(blanks.to_vec())
    };
    let leaf = prop_oneof![
        4 => string(),
        2 => number(),
        1 => prop::sample::select(&["true", "false", "null", "{}", "[]", "{ }", "[\n]"][..]).prop_map(str::to_owned),
    ];
    let entries = move |value: BoxedStrategy<String>| {
        // a line may end anywhere but between a key and its colon, where YAML takes none
        let entry = (blank(), string(), "[ ]?", blank(), value, blank());
        let entry = entry.prop_map(|(a, key, b, c, value, d)| format!("{a}{key}{b}:{c}{value}{d}"));
        prop::collection::vec(entry, 0..5).prop_map(|entries| format!("{{{}}}", entries.join(",")))
    };
    let value = leaf.prop_recursive(5, 60, 5, move |value| {
        let item = (blank(), value.clone(), blank()).prop_map(|(a, value, b)| format!("{a}{value}{b}"));
        let list = prop::collection::vec(item, 0..5).prop_map(|items| format!("[{}]", items.join(",")));
        prop_oneof![list, entries(value.boxed())]
    });
    (entries(value.boxed()), blank()).prop_map(|(object, blank)| format!("{object}{blank}"))
}

proptest! {
    #![proptest_config(Config { rng_seed: RngSeed::Fixed(8), failure_persistence: None, ..Config::default() })]

    #[test]
    fn json_is_the_same_to_both_readers(text in object()) {
        agree(&text)?;
    }

    /// What is no JSON is told by the reader of YAML alone.
    #[test]
    fn what_is_no_json_is_for_the_reader_of_yaml(
        text in object(), at in any::<prop::sample::Index>(), piece in "[{}\\[\\],:\"\\\\# \ta0-]", cut in any::<bool>(),
    ) {
        let mut text = text;
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let at = places[at.index(places.len())];
        if cut {
            text.remove(at);
        } else {
            text.insert_str(at, &piece);
        }
        if !is_json(&text) {
            agree(&text)?;
        }
    }
}

#[test]
fn json_files_of_these_tests_are_the_same_to_both_readers() {
    let mut read = 0;
    for entry in WalkBuilder::new(root().join("tests")).build() {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|extension| extension == "json") {
            let text = fs::read_to_string(entry.path()).unwrap();
            assert_eq!(by_both_readers(&text)[0], by_both_readers(&text)[1], "{}", entry.path().display());
            read += 1;
        }
    }
    assert!(read > 30, "{read}");
}

/// Every manifest of the cases as one list, small and in many lines.
#[test]
fn the_same_is_found_in_json_files_by_both_readers() {
    let mut items = Vec::new();
    for entry in WalkBuilder::new(root().join("tests/rules")).sort_by_file_path(Path::cmp).build() {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|extension| extension == "yaml") {
            let text = fs::read_to_string(entry.path()).unwrap();
            let case = value(Node::root(&yaml::parse_one(&text).unwrap()));
            items.push(case["object"].clone());
        }
    }
    assert!(items.len() > 500, "{}", items.len());
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("list.json");
    for text in [list.to_string(), serde_json::to_string_pretty(&list).unwrap()] {
        let [json, yaml] = ["\n", "---\n"].map(|before| {
            fs::write(&file, format!("{before}{text}")).unwrap();
            let mut gate = Command::new(env!("CARGO_BIN_EXE_ako-gate"));
            let output = gate
                .args(["check", "--format", "json", "--profile", "ako=1.9.3"])
                .arg(&file)
                .output()
                .unwrap();
            assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        });
        let findings: Value = serde_json::from_slice(&json).unwrap();
        assert!(findings["findings"].as_array().unwrap().len() > 100);
        assert!(json == yaml);
    }
}

/// kubectl takes these for JSON, and so reads what would be no YAML.
#[test]
fn json_that_is_no_yaml_is_read_as_kubectl_reads_it() {
    let values = |text: &str| -> Vec<Value> {
        let documents = yaml::parse(text).into_iter();
        documents
            .map(|document| value(Node::root(&document.unwrap_or_else(|error| panic!("{text}: {error}")))))
            .collect()
    };
    assert_eq!(
        values("{\"a\":1}{\"b\":2}\n {\"c\":3}\n"),
        [json!({"a": 1}), json!({"b": 2}), json!({"c": 3})]
    );
    assert_eq!(values("{\n\t\"a\"\t:\t[\n\t1\t]\n}\n"), [json!({"a": [1]})]);
    assert_eq!(values("{\"a\"\n:\n1}"), [json!({"a": 1})]);
    let long = "k".repeat(5_000);
    assert_eq!(values(&json!({&long: 1}).to_string()), [json!({&long: 1})]);
    let document = yaml::parse("{}\n{\"ü\": \"ä\",\r\n\"b\": 2}").remove(1).unwrap();
    let span = Node::root(&document).at("b").span().unwrap();
    assert_eq!((span.line, span.column, span.end_line, span.end_column), (3, 6, 3, 7));
}

/// Streams that kubectl begins to read as JSON and goes on with as YAML.
#[test]
fn a_line_of_dashes_makes_it_yaml() {
    let documents = yaml::parse("{\"a\": 1}\n---\nb: y\n---\n{\"c\": 3}\n");
    let shown: Vec<Value> = documents.iter().map(|d| value(Node::root(d.as_ref().unwrap()))).collect();
    assert_eq!(shown, [json!({"a": 1}), json!({"b": true}), json!({"c": 3})]);
}

#[test]
fn what_is_nested_deeply_is_told_as_before() {
    for depth in [90, 99, 100, 101, 200, 254, 255, 256, 100_000] {
        let text = format!("{{\"a\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
        let [json, yaml] = by_both_readers(&text);
        assert_eq!(json, yaml, "{depth}");
    }
}
