//! Who may name whom: the picture at the head of `src/lib.rs`, enforced.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use support::control_plane::root;
use support::source::{Named, Source};

/// A module of `src`, and what it may name beside itself, with blanks between.
struct Layer {
    name: &'static str,
    /// Whether it is of the pure half: no async, clock, network or environment.
    pure: bool,
    /// Modules, or paths into them.
    modules: &'static str,
    crates: &'static str,
}

const fn pure(name: &'static str, modules: &'static str, crates: &'static str) -> Layer {
    Layer { name, pure: true, modules, crates }
}

const fn door(name: &'static str, modules: &'static str, crates: &'static str) -> Layer {
    Layer { name, pure: false, modules, crates }
}

/// Every module, in the order of `src/lib.rs`. A line here is a decision: think before you add to one.
const LAYERS: [Layer; 15] = [
    pure("model", "", "ipnet rpds sha2 thiserror"),
    pure("facts", "model", "ipnet"),
    pure("matrix", "model", ""),
    pure("plan", "model facts", "ipnet serde_json sha1"),
    pure("rule", "model facts matrix", ""),
    pure("rules", "model facts matrix rule", ""),
    pure("settings", "model rule", "jiff"),
    pure("engine", "model facts rule rules settings", "jiff"),
    // the ConfigMap whose strings hold JSON is a fact about AKO; the settings file names rules
    pure(
        "decode",
        "model facts::ako::config plan rules settings",
        "granit_parser hifijson jiff serde serde_json thiserror",
    ),
    pure(
        "report",
        "model matrix plan rule rules",
        "annotate_snippets base64 ipnet serde serde_json serde_saphyr sha2",
    ),
    door(
        "process",
        "model facts::profile settings",
        "arc_swap axum opentelemetry opentelemetry_otlp opentelemetry_sdk prometheus_client tokio tracing \
         tracing_opentelemetry tracing_subscriber",
    ),
    door(
        "webhook",
        "model facts rule settings engine decode report process",
        "anyhow arc_swap axum http_body_util hyper hyper_util jiff k8s_openapi kube rcgen rustls rustls_pki_types \
         serde_json tokio tokio_rustls tokio_util tower tracing x509_parser",
    ),
    door(
        "reconcile",
        "model facts rule rules settings engine decode report process",
        "futures jiff k8s_openapi kube serde serde_json tokio tokio_util tracing",
    ),
    door(
        "cli",
        "model facts matrix plan rules settings engine decode report process webhook reconcile",
        "anyhow axum clap clap_complete http ignore jiff k8s_openapi kube rustls serde serde_json serde_saphyr similar tokio tokio_rustls tokio_util tracing",
    ),
    door("main", "ako_gate::cli", ""),
];

/// What of the standard library the pure half may name. Files, sockets, clocks, threads and the environment are not
/// here.
const PURE_STD: &str = "borrow cell cmp collections error fmt hash::Hash hash::Hasher iter mem net::IpAddr net::Ipv4Addr \
                        net::Ipv6Addr num ops path::MAIN_SEPARATOR ptr::eq slice str sync::Arc sync::LazyLock";

/// What the pure half may not name of a crate it may name otherwise: its clock and its environment.
const IMPURE: [&str; 3] = ["jiff::Zoned::now", "jiff::Timestamp::now", "jiff::tz::TimeZone::system"];

fn is_below(path: &str, allowed: &str) -> bool {
    path.strip_prefix(allowed).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn is_any(words: &str, wanted: impl Fn(&str) -> bool) -> bool {
    words.split_whitespace().any(wanted)
}

/// Why `layer` must not name `named`, if so.
fn complaint(layer: &Layer, named: &Named) -> Option<String> {
    let (first, rest) = named.path.split_once("::").unwrap_or((&named.path, ""));
    match first {
        "crate" => {
            let (module, _) = rest.split_once("::").unwrap_or((rest, ""));
            let allowed = module == layer.name || is_any(layer.modules, |allowed| is_below(rest, allowed));
            (!allowed).then(|| format!("{} may not name crate::{rest}: it stands to its right", layer.name))
        }
        "ako_gate" => {
            let allowed = is_any(layer.modules, |allowed| is_below(&named.path, allowed));
            (!allowed).then(|| format!("{} may not name {}", layer.name, named.path))
        }
        "std" | "core" | "alloc" if layer.pure => {
            let allowed = is_any(PURE_STD, |allowed| is_below(rest, allowed));
            (!allowed).then(|| format!("{} is pure and may not name {}", layer.name, named.path))
        }
        "std" | "core" | "alloc" => None,
        krate => {
            let impure = layer.pure && IMPURE.contains(&named.path.as_str());
            let allowed = is_any(layer.crates, |allowed| krate == allowed) && !impure;
            (!allowed).then(|| format!("{} may not name {}", layer.name, named.path))
        }
    }
}

fn sources() -> Vec<Source> {
    Source::all(&root().join("src"))
}

#[test]
fn every_module_names_only_what_stands_to_its_left() {
    let mut complaints = Vec::new();
    let mut scanned = BTreeMap::new();
    for source in sources().iter().filter(|source| source.file != "src/lib.rs") {
        let top = source.module.first().map_or("main", String::as_str);
        let Some(layer) = LAYERS.iter().find(|layer| layer.name == top) else {
            panic!("{}: say in LAYERS of tests/layering.rs what the module {top} may name", source.file)
        };
        for named in source.named() {
            *scanned.entry(top.to_owned()).or_insert(0) += 1;
            if let Some(why) = complaint(layer, &named) {
                complaints.push(format!(
                    "{}:{}: {}\n    {why}",
                    source.file,
                    named.line,
                    source.line(named.line)
                ));
            }
        }
    }
    // a scan that sees nothing would complain about nothing
    for layer in &LAYERS {
        assert!(scanned.contains_key(layer.name), "no path was found in {}", layer.name);
    }
    assert!(
        complaints.is_empty(),
        "move the code, or change the table in tests/layering.rs with a reason:\n{}",
        complaints.join("\n")
    );
}

#[test]
fn the_table_names_every_module_in_the_order_of_the_crate() {
    let library = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let declared: BTreeSet<&str> =
        library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let known: BTreeSet<&str> =
        LAYERS.iter().map(|layer| layer.name).filter(|name| *name != "main").collect();
    assert_eq!(declared, known, "let LAYERS of tests/layering.rs name the modules of src/lib.rs");
    for (index, layer) in LAYERS.iter().enumerate() {
        for module in layer.modules.split_whitespace() {
            let top = module.strip_prefix("ako_gate::").unwrap_or(module);
            let top = top.split("::").next().unwrap();
            let place = LAYERS.iter().position(|other| other.name == top);
            assert!(
                place.is_some_and(|place| place < index),
                "{module} does not stand to the left of {}",
                layer.name
            );
        }
        let is_door = |module: &str| LAYERS.iter().any(|other| is_below(module, other.name) && !other.pure);
        assert!(!layer.pure || !is_any(layer.modules, is_door), "{} is pure", layer.name);
    }
}

#[test]
fn every_pure_module_denies_what_is_not_pure() {
    let wanted = "#![deny(clippy::disallowed_methods, clippy::disallowed_types)]";
    let mut complaints = Vec::new();
    for layer in LAYERS.iter().filter(|layer| layer.pure) {
        let file = format!("src/{}.rs", layer.name);
        let text = fs::read_to_string(root().join(&file)).unwrap();
        let code = text.lines().find(|line| !line.starts_with("//") && !line.is_empty());
        if code != Some(wanted) {
            complaints.push(format!("{file}: put this behind its head comment: {wanted}"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn no_file_is_longer_than_400_lines() {
    let long = sources().into_iter().filter(|source| source.lines() > 400);
    let long: Vec<String> = long.map(|source| format!("{}: {} lines", source.file, source.lines())).collect();
    assert!(long.is_empty(), "split what has two subjects:\n{}", long.join("\n"));
}

/// The scan itself: what it must see, and what it must not take for a path.
#[test]
fn the_scan_sees_paths_wherever_they_stand() {
    let text = r##"
        //! use crate::comment;
        use crate::{model::{Node, Object as O}, facts::*};
        use super::sibling::Thing;
        use std::fs::{self, File};
        pub(crate) mod inner { use super::super::other::X; }
        #[derive(Debug, thiserror::Error)]
        struct S<'a>(&'a str);
        fn f() -> tokio::time::Instant {
            let _ = "crate::string"; let _ = r#"crate::raw " "#; let _ = b'"'; /* crate::block */
            tracing::warn!("x", kube::Client::new(crate::cli::run));
            value.method::<rustls::X>(); Local::path(); local::path()
        }
        #[cfg(test)]
        mod tests { use crate::webhook; }
        fn after() -> impl Sized + use<'static> { hyper::x(); }
    "##;
    let source = Source::of("src/top/file.rs", text);
    let found: BTreeSet<String> = source.named().into_iter().map(|named| named.path).collect();
    let wanted = [
        "crate::facts",
        "crate::cli::run",
        "crate::model::Node",
        "crate::model::Object",
        "crate::top::other::X",
        "crate::top::sibling::Thing",
        "hyper::x",
        "kube::Client::new",
        "rustls::X",
        "std::fs",
        "std::fs::File",
        "thiserror::Error",
        "tokio::time::Instant",
        "tracing::warn",
    ];
    assert_eq!(found, wanted.iter().map(ToString::to_string).collect());
    assert_eq!(
        source.named().iter().find(|named| named.path == "hyper::x").map(|named| named.line),
        Some(16)
    );
}
