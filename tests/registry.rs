//! The rules and the matrix as a whole: what every rule owes its readers, whatever it is about.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use ako_gate::facts::{View, profile};
use ako_gate::matrix::{self, Support};
use ako_gate::model::{Kind, Object, Release, Snapshot};
use ako_gate::rule::{Broken, CONFIG, Context, Findings, Rule};
use ako_gate::rules;
use support::case::{self, Case};
use support::control_plane::root;

/// Fails with every complaint at once.
fn demand_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} to mend:\n  {}", complaints.len(), complaints.join("\n  "));
}

fn cases() -> Vec<Case> {
    case::all(&root().join("tests/rules"))
}

/// The rule a case belongs to: the two folders it is in.
fn owner(case: &Case) -> String {
    let folder = case.path.parent().unwrap();
    format!("{}/{}", last(folder.parent().unwrap()), last(folder))
}

fn last(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

#[test]
fn every_rule_file_is_listed() {
    let names: BTreeSet<&str> = rules::all().map(|rule| rule.name).collect();
    let mut complaints = Vec::new();
    for product in folders(&root().join("src/rules")) {
        for entry in fs::read_dir(&product).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            let product = last(&product);
            if !names.contains(format!("{product}/{stem}").replace('_', "-").as_str()) {
                complaints.push(format!(
                    "src/rules/{product}/{stem}.rs is not listed: add `mod {stem};` and `&{stem}::RULE,` to \
                     src/rules/{product}.rs"
                ));
            }
        }
    }
    demand_none(&complaints);
}

#[test]
fn the_lists_are_sorted_and_names_are_unique() {
    let mut complaints = Vec::new();
    let names: Vec<&str> = rules::all().map(|rule| rule.name).collect();
    let product = |name: &str| name.split('/').next().map(str::to_owned);
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) {
            complaints.push(format!("two rules are called {name}"));
        }
    }
    for pair in names.windows(2) {
        if product(pair[0]) == product(pair[1]) && pair[0] > pair[1] {
            complaints
                .push(format!("in ALL of its product in src/rules: move {} before {}", pair[1], pair[0]));
        }
    }
    demand_none(&complaints);
}

#[test]
fn a_rule_is_named_after_the_bad_thing_like_its_file_and_its_cases() {
    let mut complaints = Vec::new();
    for rule in rules::all() {
        let (product, name) = rule.name.split_once('/').unwrap_or(("", rule.name));
        let is_kebab = |text: &str| {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            !text.is_empty() && text.bytes().all(plain) && text.split('-').all(|word| !word.is_empty())
        };
        if !is_kebab(product) || !is_kebab(name) {
            complaints
                .push(format!("{}: write the name as product/bad-thing, lower case with hyphens", rule.name));
        }
        for beginning in ["no-", "use-", "avoid-", "prefer-", "require-", "check-"] {
            if name.starts_with(beginning) {
                complaints.push(format!(
                    "{}: name what is bad, not what to do, so that it reads well after \"allow\"; it must not begin \
                     with {beginning}",
                    rule.name
                ));
            }
        }
        let file = format!("src/rules/{}.rs", rule.name.replace('-', "_"));
        if rule.file != file {
            complaints.push(format!("{} is in {}: move it to {file}, or rename it", rule.name, rule.file));
        }
    }
    for product in folders(&root().join("tests/rules")) {
        for folder in folders(&product) {
            let name = format!("{}/{}", last(&product), last(&folder));
            if rules::find(&name).is_none() {
                complaints.push(format!("tests/rules/{name} belongs to no rule: rename or remove it"));
            }
        }
    }
    demand_none(&complaints);
}

#[test]
fn every_page_has_its_headings_in_order() {
    let wanted = ["## Why", "## What to do instead", "## Not reported"];
    let mut complaints = Vec::new();
    for rule in rules::all() {
        let lines: Vec<&str> = rule.page.lines().map(str::trim).collect();
        let headings: Vec<&str> = lines.iter().copied().filter(|line| line.starts_with('#')).collect();
        if headings != wanted {
            complaints.push(format!("{}: its headings are {headings:?}; write {wanted:?}", rule.file));
        }
        for (index, heading) in lines.iter().enumerate().filter(|(_, line)| line.starts_with('#')) {
            let text = lines[index + 1..].iter().find(|line| !line.is_empty());
            if text.is_none_or(|text| text.starts_with('#')) {
                complaints.push(format!("{}: nothing stands below {heading}", rule.file));
            }
        }
        let summary = rule.summary();
        if summary.is_empty() || summary.starts_with('#') || summary.ends_with('.') {
            complaints.push(format!("{}: begin with a summary of one line without a full stop", rule.file));
        }
        if lines.get(1).is_some_and(|line| !line.is_empty()) {
            complaints.push(format!(
                "{}: its summary has more than one line; leave the second one empty",
                rule.file
            ));
        }
    }
    demand_none(&complaints);
}

#[test]
fn every_rule_has_a_case_that_fires_and_one_that_does_not() {
    let mut complaints = Vec::new();
    let cases = cases();
    for rule in rules::all() {
        let own = cases.iter().filter(|case| owner(case) == rule.name);
        let names: Vec<&str> = own.map(|case| case.name.as_str()).collect();
        let has = |beginning: &str| names.iter().any(|name| name.starts_with(beginning));
        if !has("rejects-") && !has("warns-") {
            complaints.push(format!("add tests/rules/{}/rejects-....yaml (or warns-...)", rule.name));
        }
        if !has("accepts-") {
            complaints.push(format!("add tests/rules/{}/accepts-....yaml", rule.name));
        }
    }
    demand_none(&complaints);
}

/// The kinds that `rule` looks up when it judges `case`, with `snapshot` around it.
fn consulted(rule: &Rule, case: &Case, snapshot: &Snapshot) -> BTreeSet<Kind> {
    let Some(request) = case.request() else { return BTreeSet::new() };
    let profile = profile::resolve(&case.stated, snapshot, Some(request.subject));
    let cx = Context {
        view: View::new(snapshot, request.subject, request.old, &profile, &|| true),
        operation: request.operation,
        requester: request.requester,
        breaks: &Broken::default,
    };
    // what it finds is another test's business
    let _ = (rule.check)(&cx, &mut Findings::default());
    cx.view.consulted().collect()
}

#[test]
fn rules_read_the_kinds_they_declare_and_no_others() {
    let cases = cases();
    let mut complaints = Vec::new();
    for rule in rules::all() {
        let mut read = BTreeMap::new();
        let applies = |case: &&Case| {
            let kind = case.subject().and_then(Object::kind);
            kind.is_some_and(|kind| rule.applies_to.contains(&kind))
        };
        for case in cases.iter().filter(applies) {
            let own = owner(case) == rule.name;
            for snapshot in [case.snapshot(), Snapshot::default()] {
                for kind in consulted(rule, case, &snapshot) {
                    let (_, by_own) = read.entry(kind).or_insert((case.path.clone(), false));
                    *by_own |= own;
                }
            }
        }
        for (kind, (path, _)) in read.iter().filter(|(kind, _)| !rule.reads.contains(kind)) {
            complaints.push(format!(
                "{}: add Kind::{} to `reads`; {} makes it look one up",
                rule.file,
                kind.name(),
                path.display()
            ));
        }
        // a rule without cases is another test's complaint
        let has_cases = cases.iter().any(|case| owner(case) == rule.name);
        // where AKO's configuration is, the forms it comes in need not all be looked for
        let reads_config = CONFIG.iter().any(|kind| read.get(kind).is_some_and(|(_, own)| *own));
        for kind in rule.reads.iter().filter(|_| has_cases) {
            let in_own = read.get(kind).is_some_and(|(_, own)| *own);
            let in_trio = reads_config && CONFIG.contains(kind);
            if !in_own && !in_trio {
                complaints.push(format!(
                    "{}: no case of it looks up Kind::{}; add such a case to tests/rules/{} or take the kind out of \
                     `reads`",
                    rule.file,
                    kind.name(),
                    rule.name
                ));
            }
        }
    }
    demand_none(&complaints);
}

#[test]
fn every_unsupported_row_is_enforced_or_says_why_not() {
    let enforced: BTreeSet<&str> =
        rules::all().flat_map(|rule| rule.enforces.iter()).map(|row| row.capability).collect();
    let mut complaints = Vec::new();
    for row in matrix::rows() {
        let unsupported = row.cells.iter().any(|cell| cell.support == Support::No);
        let (name, is_enforced) = (row.capability, enforced.contains(row.capability));
        if unsupported && !is_enforced && row.unenforced.is_empty() {
            complaints.push(format!(
                "{name}: it has an unsupported cell; write a rule that enforces it, or say in `unenforced` why none can"
            ));
        }
        if is_enforced && !row.unenforced.is_empty() {
            complaints.push(format!("{name}: a rule enforces it; take its `unenforced` out"));
        }
    }
    for rule in rules::all().filter(|rule| rule.enforces.is_empty()) {
        complaints.push(format!("{}: name in `enforces` the row of the matrix it enforces", rule.file));
    }
    demand_none(&complaints);
}

#[test]
fn every_row_has_a_source_and_says_what_holds_for_each_release_once() {
    let mut complaints = Vec::new();
    let mut seen = BTreeSet::new();
    for row in matrix::rows() {
        let name = row.capability;
        if !seen.insert((row.product, name)) {
            complaints.push(format!("{name}: two rows have this name"));
        }
        if row.source.is_empty() || row.title.is_empty() || row.title.ends_with('.') {
            complaints.push(format!("{name}: give it a source, and a title without a full stop"));
        }
        let mut expected: Option<Option<Release>> = Some(None);
        for cell in row.cells {
            if expected.is_none() {
                complaints.push(format!("{name}: the cell {} follows one that never ends", cell.range));
            } else if expected != Some(cell.range.from) {
                complaints.push(format!(
                    "{name}: the cell {} leaves a gap or overlaps; let it begin where the one before ends",
                    cell.range
                ));
            }
            if cell.range.until.is_some() && cell.range.from >= cell.range.until {
                complaints.push(format!("{name}: no release is in the cell {}", cell.range));
            }
            expected = cell.range.until.map(Some);
        }
        if expected.is_some() {
            complaints.push(format!("{name}: let its last cell have no end"));
        }
    }
    demand_none(&complaints);
}

/// Words that a message may begin with although they are not lower case: names.
const PROPER_NAMES: &str = "AKO AKO's AVI Avi IPv4 IPv6 NodePort NodePortLocal ClusterIP LoadBalancer Antrea Calico NSX-T \
                            OpenShift VIP AviInfraSetting AKS Azure Flatcar Windows Kubernetes Services AWS VPC \
                            Cilium";

/// What is wrong with a sentence of a finding.
fn faults(sentence: &str) -> Vec<&'static str> {
    let mut faults = Vec::new();
    if sentence.ends_with('.') {
        faults.push("drop the full stop at its end");
    }
    if sentence.trim() != sentence || sentence.contains("  ") {
        faults.push("drop the blanks in excess");
    }
    if sentence.chars().any(char::is_control) {
        faults.push("quote the value it shows; it has control characters");
    }
    let first = sentence.split([' ', ',', ':']).next().unwrap_or_default();
    let is_word = first.chars().next().is_some_and(|c| !c.is_uppercase());
    if !is_word && !PROPER_NAMES.split_whitespace().any(|name| name == first) {
        faults.push("begin in lower case, or add the name it begins with to PROPER_NAMES");
    }
    faults
}

#[test]
fn findings_say_what_is_wrong_and_what_to_do_in_one_style() {
    let mut complaints = BTreeSet::new();
    for case in cases() {
        for judged in case.judge().findings {
            let finding = judged.finding;
            let sentences = [
                ("message", &finding.message),
                ("consequence", &finding.consequence),
                ("remedy", &finding.remedy),
            ];
            for (part, text) in sentences {
                if text.is_empty() && part != "consequence" {
                    complaints.insert(format!(
                        "{}: its finding has no {part}; {}",
                        finding.rule,
                        case.path.display()
                    ));
                } else if !text.is_empty() {
                    for fault in faults(text) {
                        complaints.insert(format!("{}: the {part} {text:?}: {fault}", finding.rule));
                    }
                }
            }
        }
    }
    let complaints: Vec<String> = complaints.into_iter().collect();
    demand_none(&complaints);
}

#[test]
fn the_order_of_objects_decides_nothing() {
    let mut complaints = Vec::new();
    for mut case in cases() {
        let first = case.judge();
        if case.judge() != first {
            complaints.push(format!("{}: judged twice, it gets two verdicts", case.path.display()));
        }
        for _ in 0..case.context.len() {
            case.context.rotate_left(1);
            let half = case.context.len() / 2;
            case.context[..half].reverse();
            if case.judge() != first {
                complaints
                    .push(format!("{}: the order of its context changes the verdict", case.path.display()));
                break;
            }
        }
    }
    demand_none(&complaints);
}
