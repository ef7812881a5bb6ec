//! Fuzz targets: plain functions over bytes that must take whatever comes. What is kept in `tests/fuzz` is tried as it is
//! and then broken again and again. An input that fails belongs there, in the folder of its target.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "figures are said aloud")]

mod support;

use std::fs;
use std::time::{Duration, Instant};

use ako_gate::decode::{self, manifest, yaml};
use ako_gate::facts::kops::number::{Number, parse_block, parse_network};
use ako_gate::model::Node;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::Value;
use support::control_plane::root;
use support::door::Webhook;
use support::json::{by_both_readers, is_json};

/// What a review that is answered must look like.
fn review(bytes: &[u8]) {
    let Ok(answer) = Webhook::with_settings("profile: {ako: 1.9.3}\n").answer(bytes) else { return };
    let asked: Value = serde_json::from_slice(bytes).unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answer["response"]["uid"], asked["request"]["uid"]);
    let allowed = answer["response"]["allowed"].as_bool().unwrap();
    assert_eq!(allowed, answer["response"]["status"].is_null(), "{answer}");
    assert!(!answer.to_string().contains("internal error"), "{answer}");
}

fn yaml(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // what begins otherwise can mean something else behind the line that leads to the reader of YAML, such as a directive
    if text.starts_with('{') {
        let [json, yaml] = by_both_readers(&text);
        assert!(json == yaml || is_json(&text), "{json}\n{yaml}");
    }
    for document in yaml::parse(&text) {
        match document {
            Ok(document) => {
                let spans = Node::root(&document).children().filter_map(Node::span);
                spans.for_each(|span| assert!(span.line > 0 && span.column > 0));
                manifest::objects(document, "fuzz.yaml", None);
            }
            Err(error) => assert!(error.line > 0 && !error.message.is_empty(), "{error}"),
        }
    }
}

fn settings(bytes: &[u8]) {
    let Err(errors) = decode::settings::parse(&String::from_utf8_lossy(bytes)) else { return };
    assert!(!errors.is_empty());
    assert!(errors.iter().all(|error| error.line > 0 && error.column > 0), "{errors:?}");
}

/// kOps' `ipv6CIDR`: a network or `/LEN#N`.
fn subnet(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(number) = Number::parse(&text) {
        for pool in ["2001:db8::/32", "2001:db8:1200:ab00::/56", "::/0", "fd00::1/128"] {
            let pool = parse_network(pool).unwrap();
            // what it comes to lies in the pool
            if let Ok(block) = number.of(pool) {
                assert!(pool.contains(&block), "{text}: {block} outside of {pool}");
                assert!(number.fits(pool.prefix_len()).is_ok());
            }
        }
        assert!(number.overlaps(number), "{text}");
    }
    if let Ok(block) = parse_block(&text) {
        assert!(block.prefix_len() <= 128);
    }
}

/// Ways to break an input: at a place, with bytes.
fn broken(seeds: &[Vec<u8>], cuts: &[(usize, usize, Vec<u8>)], first: usize) -> Vec<u8> {
    let mut bytes = seeds[first % seeds.len()].clone();
    for (kind, place, more) in cuts {
        let at = place % (bytes.len() + 1);
        let end = (at + more.len()).min(bytes.len());
        match kind {
            0 => drop(bytes.splice(at..at, more.iter().copied())),
            1 => drop(bytes.splice(at..end, more.iter().copied())),
            2 => drop(bytes.drain(at..end)),
            // a part of another one, or of itself, again
            3 => {
                let other = &seeds[more.len() % seeds.len()];
                let from = place % (other.len() + 1);
                let part = other[from..(from + 40).min(other.len())].to_vec();
                drop(bytes.splice(at..at, part));
            }
            _ => bytes.truncate(at),
        }
    }
    bytes.truncate(64 << 10);
    bytes
}

/// Drives a target for twenty seconds, or for as many as `AKO_GATE_FUZZ_SECONDS` says; `AKO_GATE_FUZZ_SEED` chooses
/// another sequence.
fn drive(name: &str, target: fn(&[u8])) {
    let number = |key: &str, usual: u64| {
        std::env::var(key).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{key} is no number")))
    };
    let files = fs::read_dir(root().join("tests/fuzz").join(name)).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    let seeds: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(!seeds.is_empty());
    for seed in &seeds {
        target(seed);
    }

    let ends = Instant::now() + Duration::from_secs(number("AKO_GATE_FUZZ_SECONDS", 20));
    let pieces = prop::sample::select(vec![
        "{", "}", "[", "]", "\"", ":", ",", "- ", "\n", "  ", "#", "/", "~", "null", "-1", "1e999",
        "\\u0000", "&a", "*a", "<<: ", "|", "::", "ffff", "64", "128",
    ]);
    let bytes = prop_oneof![
        pieces.prop_map(|piece| piece.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..6),
    ];
    let cuts = prop::collection::vec((0..5_usize, any::<usize>(), bytes), 1..6);
    let mut seed = number("AKO_GATE_FUZZ_SEED", 7);
    let mut tried = 0;
    while Instant::now() < ends {
        let config = Config {
            cases: 200,
            rng_seed: RngSeed::Fixed(seed),
            failure_persistence: None,
            ..Config::default()
        };
        let mut runner = TestRunner::new(config);
        let ran = runner.run(&(any::<usize>(), &cuts), |(first, cuts)| {
            let input = broken(&seeds, &cuts, first);
            let taken = std::panic::catch_unwind(|| target(&input));
            prop_assert!(
                taken.is_ok(),
                "keep it in tests/fuzz/{name}: {:?}",
                String::from_utf8_lossy(&input)
            );
            Ok(())
        });
        ran.unwrap_or_else(|failure| panic!("{name}: {failure}"));
        tried += 200;
        seed += 1;
    }
    assert!(tried >= 200, "{tried}");
    println!("{name}: {tried} inputs");
}

#[test]
fn reviews_are_answered_or_refused() {
    drive("review", review);
}

#[test]
fn yaml_is_decoded_or_refused() {
    drive("yaml", yaml);
}

#[test]
fn settings_are_decoded_or_refused() {
    drive("settings", settings);
}

#[test]
fn subnets_are_decoded_or_refused() {
    drive("subnet", subnet);
}
