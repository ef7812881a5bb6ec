//! `--fix`: what has one safe answer is mended, and nothing else is touched.

use std::collections::BTreeSet;
use std::fs;

use ako_gate::model::{Lines, Span};
use ako_gate::rules;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::folder::{CONFIG, FAULTY, Folder, clean};
use super::spans::{family, network, service};
use super::writer::Writer;
use crate::support::case::{self, Case};
use crate::support::control_plane::root;

/// How objects are written for the sake of it.
const STYLES: [fn(&Value) -> String; 3] = [
    |object| object.to_string(),
    |object| serde_json::to_string_pretty(object).unwrap(),
    |object| format!("# kept\n{}# kept as well\n", serde_saphyr::to_string(object).unwrap()),
];

/// The findings on standard output as rule, field and value, and those of them that have a fix.
fn findings(folder: &Folder, arguments: &[String]) -> (BTreeSet<String>, BTreeSet<String>) {
    let json = folder.run(arguments, "").json();
    let line = |f: &Value| format!("{} {} {}", f["rule"].as_str().unwrap(), f["field"], f["value"]);
    let all = json["findings"].as_array().unwrap();
    let fixable = all.iter().filter(|finding| finding["fix"].is_object());
    (all.iter().map(line).collect(), fixable.map(line).collect())
}

fn rule(line: &str) -> &str {
    line.split(' ').next().unwrap()
}

/// What is wrong with the fixes of a case; the rules whose findings were mended go into `mended`.
fn complaint(case: &Case, style: fn(&Value) -> String, mended: &mut BTreeSet<String>) -> Option<String> {
    let folder = Folder::with(&[]);
    let arguments = case.write_to(&folder.path(""), style);
    let (before, fixable) = findings(&folder, &arguments);
    let fix = [arguments.clone(), vec!["--fix".to_owned()]].concat();
    let (left, _) = findings(&folder, &fix);
    let (after, _) = findings(&folder, &arguments);
    mended.extend(fixable.iter().map(|line| rule(line).to_owned()));
    // advice that waits until nothing is denied is nothing new
    let waits = |line: &&String| !before.contains(*line) && rules::find(rule(line)).unwrap().only_if_allowed;
    let found: BTreeSet<String> = after.iter().filter(|line| !waits(line)).cloned().collect();
    let wanted: BTreeSet<String> = before.difference(&fixable).cloned().collect();
    let text = folder.read("new/values.yaml");
    if found != wanted || left != after {
        return Some(format!("after {after:?} instead of {wanted:?}:\n{text}"));
    }
    (text.matches('#').count() < style(&Value::Null).matches('#').count())
        .then(|| format!("comments are lost:\n{text}"))
}

#[test]
fn what_is_mended_is_clean_and_nothing_new_appears() {
    let has_fix = |case: &Case| case.judge().findings.iter().any(|judged| judged.finding.fix.is_some());
    let (mut mended, mut complaints) = (BTreeSet::new(), Vec::new());
    let cases = case::all(&root().join("tests/rules"));
    for case in cases.iter().filter(|case| case.is_written() && has_fix(case)) {
        for style in STYLES {
            let complaint = complaint(case, style, &mut mended);
            complaints.extend(complaint.map(|why| format!("{}: {why}", case.path.display())));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    let mut offering = BTreeSet::new();
    for product in ["ako", "kubernetes", "aks_engine", "kops"] {
        for entry in fs::read_dir(root().join("src/rules").join(product)).unwrap() {
            let path = entry.unwrap().path();
            let source = fs::read_to_string(&path).unwrap();
            if source.contains(".meant(") || source.contains(".fixed_by(") {
                let name = format!("{product}/{}", path.file_stem().unwrap().to_str().unwrap());
                offering.insert(name.replace('_', "-"));
            }
        }
    }
    assert_eq!(mended, offering, "every rule that offers a fix has a case whose finding is mended");
}

const FIX: [&str; 4] = ["check", "--fix", "--profile", "ako=1.9.3"];

/// AKO's configuration with a family in the wrong letter case.
fn faulty() -> String {
    CONFIG.replace("ipFamily: V4", "ipFamily:   v4   # IPv4 only: v4")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// In whatever style a value is written, it is mended in that style, and not another character changes.
    #[test]
    fn nothing_but_the_value_changes(tape in vec(any::<u8>(), 0..300), which in 0..3_usize) {
        let (tree, wrong, right) = match which {
            0 => (service("ipv6"), "ipv6", "IPv6"),
            1 => (family("v4"), "v4", "V4"),
            _ => (network("10.0.0.0/024"), "10.0.0.0/024", "10.0.0.0/24"),
        };
        let written = Writer::write(&tape, &tree);
        let (line, column, end_line, end_column) = written.place;
        let [line, column, end_line, end_column] =
            [line, column, end_line, end_column].map(|number| u32::try_from(number).unwrap());
        let bare = written.text.trim_start_matches('\u{feff}');
        let place = Lines::of(bare).range(Span { line, column, end_line, end_column }).unwrap();
        let mark = written.text.len() - bare.len();
        let (start, end) = (place.start + mark, place.end + mark);
        let value = &written.text[start..end];
        // what an alias repeats stays, and so does what is written with escapes
        let is_escaped = value.contains("\\u") || value.contains("\\U");
        let wanted = if written.text.contains("*there") || is_escaped {
            written.text.clone()
        } else {
            format!("{}{}{}", &written.text[..start], value.replace(wrong, right), &written.text[end..])
        };
        let ran = Folder::with(&[]).run(&[&FIX[..], &["-q", "-"]].concat(), &written.text);
        prop_assert_eq!(ran.stdout, wanted);
    }
}

#[test]
fn shows_what_would_change_and_changes_nothing() {
    let folder = Folder::with(&[("a/config.yaml", &faulty()), ("a/web.yaml", &clean())]);
    let diff = "\
--- a/config.yaml
+++ a/config.yaml
@@ -2,5 +2,5 @@
 kind: ConfigMap
 metadata: {name: avi-k8s-config, namespace: avi-system}
 data:
-  ipFamily:   v4   # IPv4 only: v4
+  ipFamily:   V4   # IPv4 only: v4
   cniPlugin: calico
";
    let ran = folder.run(&[&FIX[..], &["--diff", "a"]].concat(), "");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), diff), "{ran:?}");
    assert_eq!(ran.stderr, "1 finding would be fixed, 0 left\n");
    assert_eq!(folder.read("a/config.yaml"), faulty());
}

#[test]
fn writes_the_files_and_reports_what_is_left() {
    let folder = Folder::with(&[
        ("config.yaml", &format!("\u{feff}{}", faulty().replace('\n', "\r\n"))),
        ("web.yaml", FAULTY),
    ]);
    // given twice, it is written once
    let ran =
        folder.run(&[&FIX[..], &["--format", "json", "config.yaml", "web.yaml", "config.yaml"]].concat(), "");
    assert_eq!((ran.code, ran.places().len()), (Some(1), 1), "what is left decides: {ran:?}");
    assert!(ran.stderr.ends_with("\n1 finding fixed\n"), "{}", ran.stderr);
    let wanted = faulty().replace("  v4 ", "  V4 ").replace('\n', "\r\n");
    assert_eq!(folder.read("config.yaml"), format!("\u{feff}{wanted}"));
    assert_eq!(folder.read("web.yaml"), FAULTY);
    let ran = folder.run(&[&FIX[..], &["config.yaml"]].concat(), "");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), "0 findings fixed\n"), "{ran:?}");
}

#[test]
fn standard_input_is_printed_mended() {
    let ran = Folder::with(&[]).run(&[&FIX[..], &["-"]].concat(), &format!("{}---\n{FAULTY}", faulty()));
    assert_eq!(ran.stdout, format!("{}---\n{FAULTY}", faulty().replace("  v4 ", "  V4 ")));
    assert!(ran.code == Some(1) && ran.stderr.starts_with("deny[ako/ipv6-vip-on-load-balancer]"), "{ran:?}");
}

#[test]
fn says_what_can_be_mended() {
    let folder = Folder::with(&[("config.yaml", &faulty())]);
    let ran = folder.check(&["config.yaml"]);
    assert!(ran.stdout.contains("or leave ipFamily empty (--fix writes V4)\n"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("1 can be mended with --fix\n"), "{}", ran.stdout);
    let fix = &folder.check_json(&["config.yaml"]).json()["findings"][0]["fix"];
    assert_eq!(*fix, json!({"line": 5, "column": 15, "endLine": 5, "endColumn": 17, "text": "V4"}));
    let sarif = folder.check(&["--format", "sarif", "config.yaml"]).json();
    let change = sarif.pointer("/runs/0/results/0/fixes/0/artifactChanges/0").unwrap();
    let region = json!({"startLine": 5, "startColumn": 15, "endLine": 5, "endColumn": 17});
    let replacement = json!({"deletedRegion": region, "insertedContent": {"text": "V4"}});
    assert_eq!(*change, json!({"artifactLocation": {"uri": "config.yaml"}, "replacements": [replacement]}));
}

#[test]
fn what_is_exempt_or_known_or_no_text_stays() {
    let settings = "apiVersion: ako-gate/v1\nkind: Settings\nexemptions:\n- {rule: ako/unknown-ip-family, match: {name: '*'}, reason: r, owner: o, expires: 2099-01-01}\n";
    let folder = Folder::with(&[("config.yaml", &faulty()), ("settings.yaml", settings)]);
    folder.run(&[&FIX[..], &["--config", "settings.yaml", "config.yaml"]].concat(), "");
    assert_eq!(folder.read("config.yaml"), faulty());
    folder.check(&["--write-baseline", "known.json", "config.yaml"]);
    folder.run(&[&FIX[..], &["--baseline", "known.json", "config.yaml"]].concat(), "");
    assert_eq!(folder.read("config.yaml"), faulty());
    let bytes = [faulty().as_bytes(), b"---\na: '\xff'\n"].concat();
    folder.write("config.yaml", &bytes);
    let ran = folder.run(&[&FIX[..], &["config.yaml"]].concat(), "");
    assert_eq!((ran.code, fs::read(folder.path("config.yaml")).unwrap()), (Some(2), bytes));
}

#[test]
fn values_that_would_be_read_otherwise_are_quoted() {
    let cluster = |range: &str| {
        format!("kind: Cluster\napiVersion: kops.k8s.io/v1alpha2\nmetadata: {{name: a}}\nspec: {range}\n")
    };
    for (wrong, right) in [
        ("{nonMasqueradeCIDR: 0::/0}", "{nonMasqueradeCIDR: \"::/0\"}"),
        ("\n  nonMasqueradeCIDR: 0::/0 # ::", "\n  nonMasqueradeCIDR: ::/0 # ::"),
        ("{nonMasqueradeCIDR: '0::/0'}", "{nonMasqueradeCIDR: '::/0'}"),
        ("\n  nonMasqueradeCIDR: >-\n    0::/0\n", "\n  nonMasqueradeCIDR: >-\n    ::/0\n"),
    ] {
        let ran = Folder::with(&[]).run(&["check", "-q", "--fix", "-"], &cluster(wrong));
        assert_eq!(ran.stdout, cluster(right));
    }
}
