//! What the alert rules and the dashboard read, against what a gate at work exports.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use ako_gate::decode::yaml;
use ako_gate::model::Node;
use ako_gate::rules;
use base64::Engine;
use serde_json::Value;
use support::control_plane::{ControlPlane, Installed, is_left_out, open_reports, root, within};
use support::json::{texts, value};
use support::ran::Ran;
use support::running::Running;
use support::tls::{Authority, Connection, usual_client};
use tempfile::TempDir;

/// What Prometheus adds to every sample of a Pod that the ServiceMonitor finds.
const OF_TARGET: [&str; 4] = ["instance", "job", "namespace", "pod"];

const SETTINGS: &str = "apiVersion: ako-gate/v1\nkind: Settings\nprofile: {ako: 1.9.3}\n";
const REFUSED: &str = "tests/examples/refused/10-load-balancer-ipv6.yaml";

fn dashboard() -> Value {
    let file = root().join("manifests/overlays/dashboard/dashboard.json");
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// An expression, where it stands, and the labels that its legend names.
struct Expression {
    place: String,
    text: String,
    legend: Vec<String>,
}

fn expressions() -> Vec<Expression> {
    let mut all = Vec::new();
    for panel in dashboard()["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let legend = target["legendFormat"].as_str().unwrap().split("{{").skip(1);
            let legend = legend.map(|part| part.split_once("}}").unwrap().0.to_owned());
            all.push(Expression {
                place: format!("panel {}", panel["title"]),
                // Grafana puts a range there that suits the time between scrapes
                text: target["expr"].as_str().unwrap().replace("$__rate_interval", "5m"),
                legend: legend.collect(),
            });
        }
    }
    let rules = fs::read_to_string(root().join("manifests/overlays/monitoring/monitoring.yaml")).unwrap();
    for document in yaml::parse(&rules) {
        let rules = value(Node::root(&document.unwrap()));
        for text in texts(&rules, "spec.groups.*.rules.*.expr") {
            all.push(Expression {
                place: "an alert rule".to_owned(),
                text: text.to_owned(),
                legend: Vec::new(),
            });
        }
    }
    all
}

/// Prometheus' own parser, built once.
fn parser() -> &'static Path {
    static PARSER: LazyLock<PathBuf> = LazyLock::new(|| {
        let parser = root().join("target/tools/promql");
        let mut go = Command::new("go");
        go.args(["build", "-trimpath", "-buildvcs=false", "-o"]).arg(&parser).arg(".");
        go.current_dir(root().join("tests/promql")).env("GOWORK", "off").env("CGO_ENABLED", "0");
        assert!(go.status().unwrap().success(), "go build");
        parser
    });
    &PARSER
}

/// What each expression reads, as Prometheus' own parser sees it.
fn parsed(expressions: &[Expression]) -> Vec<Value> {
    let lines: Vec<&str> = expressions.iter().map(|expression| expression.text.as_str()).collect();
    let ran = Ran::of(&mut Command::new(parser()), &lines.join("\n"));
    assert_eq!(ran.code, Some(0), "an expression cannot be parsed: {}", ran.stderr);
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The metrics of a gate, each with the labels of its samples.
fn exported(text: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut exported: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (sample, _) = line.rsplit_once(' ').unwrap();
        let (name, labels) = sample.split_once('{').unwrap_or((sample, ""));
        // every other piece between quotes is a value
        let keys = labels.split('"').step_by(2).filter_map(|piece| piece.strip_suffix('='));
        exported.entry(name).or_default().extend(keys.map(|key| key.trim_start_matches(',')));
    }
    exported
}

/// Lets a gate judge, refuse, audit and publish.
fn let_it_work(plane: &ControlPlane, installed: &Installed<'_>) {
    assert!(!plane.kubectl(&["create", "-f", REFUSED], "").status.success());
    let bundle = "jsonpath={.webhooks[0].clientConfig.caBundle}";
    let bundle = plane.must(&["get", "validatingwebhookconfiguration", "ako-gate", "-o", bundle]);
    let bundle = base64::engine::general_purpose::STANDARD.decode(bundle).unwrap();
    let client = usual_client(&String::from_utf8(bundle).unwrap());
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, installed.gate.port));
    let mut connection = Connection::open(address, "127.0.0.1", &client).unwrap();
    assert_eq!(connection.review("no review").unwrap().status, 400);
}

#[test]
fn what_is_monitored_is_exported() {
    if is_left_out() {
        return;
    }
    let plane = ControlPlane::start("1.36.3");
    plane.must(&["apply", "-f", open_reports().to_str().unwrap()]);
    plane.must(&["wait", "--for=condition=Established", "--timeout=30s", "crd", "--all"]);
    // it is there before a webhook looks
    let stored = fs::read_to_string(root().join(REFUSED)).unwrap().replace("name: web-ipv6", "name: stored");
    plane.must_with(&["create", "-f", "-"], &stored);
    let installed = Installed::start(&plane, SETTINGS);
    let_it_work(&plane, &installed);

    let expressions = expressions();
    let parsed = parsed(&expressions);
    let wanted: BTreeSet<&String> =
        parsed.iter().flat_map(|read| read["metrics"].as_object().unwrap().keys()).collect();
    assert!(wanted.len() > 20, "{wanted:?}");
    let scrape = || installed.gate.admin_get("/metrics").unwrap().1;
    let published = ["standing_findings{", "report_writes_total{", "events_total{"];
    within(60, "what is stored is published", || {
        published.iter().all(|metric| scrape().contains(&format!("\nako_gate_{metric}")))
    });

    let text = scrape();
    let exported = exported(&text);
    let missing: Vec<_> = wanted.iter().filter(|name| !exported.contains_key(name.as_str())).collect();
    assert!(missing.is_empty(), "no gate exports {missing:?}");
    let mut complaints = Vec::new();
    for (expression, read) in expressions.iter().zip(&parsed) {
        let mut carried: BTreeSet<&str> = OF_TARGET.into();
        for (metric, selected) in read["metrics"].as_object().unwrap() {
            let own = &exported[metric.as_str()];
            carried.extend(own);
            for label in texts(selected, "*") {
                if !own.contains(label) && !OF_TARGET.contains(&label) {
                    complaints.push(format!("{}: {metric} has no label {label}", expression.place));
                }
            }
        }
        let grouped = texts(&read["grouped"], "*");
        complaints.extend(grouped.iter().filter(|label| !carried.contains(*label)).map(|label| {
            format!("{}: it is grouped by {label}, which nothing in it carries", expression.place)
        }));
        complaints.extend(expression.legend.iter().filter(|label| !grouped.contains(&label.as_str())).map(
            |label| format!("{}: its legend names {label}, by which it is not grouped", expression.place),
        ));
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// A counter that comes with its first event has not increased by it, and what comes only then is absent before: what such
/// alerts read is there while nobody has asked anything.
#[test]
fn alerts_of_what_begins_or_is_missing_need_no_event_before() {
    let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
    authority.issue_to(folder.path());
    let gate = Running::start("127.0.0.1", folder.path(), &["--grace", "300"]);
    let text = gate.admin_get("/metrics").unwrap();
    let (_, text) = text.split_once("\r\n\r\n").unwrap();
    let exported = exported(text);
    let alerts: Vec<Expression> = expressions()
        .into_iter()
        .filter(|alert| ["absent(", "increase("].iter().any(|function| alert.text.contains(function)))
        .filter(|alert| alert.place == "an alert rule")
        .collect();
    let parsed = parsed(&alerts);
    assert!(parsed.len() > 1, "{}", parsed.len());
    for (metric, selected) in parsed.iter().flat_map(|read| read["metrics"].as_object().unwrap()) {
        let own = exported.get(metric.as_str()).unwrap_or_else(|| panic!("{metric} comes later"));
        assert!(texts(selected, "*").iter().all(|label| own.contains(label)), "{metric}: {own:?}");
    }
    for rule in rules::all() {
        let line = format!("ako_gate_findings_total{{rule=\"{}\",action=\"deny\"}} 0", rule.name);
        assert!(text.lines().any(|found| found == line), "{line}");
    }
    assert!(text.contains("\nako_gate_ready 1\n"));
    gate.signal("TERM");
    within(60, "it says that it is none to ask", || {
        gate.admin_get("/metrics").is_some_and(|text| text.contains("\nako_gate_ready 0\n"))
    });
}

/// Panels with ids of their own, none over another, each asking the source that is chosen.
#[test]
fn the_dashboard_can_be_drawn() {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut taken: BTreeMap<(u64, u64), &Value> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for panel in panels {
        let title = &panel["title"];
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}: its id is another's");
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap());
        assert!(w > 0 && h > 0 && x + w <= 24, "{title}: the grid has 24 columns");
        for cell in (y..y + h).flat_map(|y| (x..x + w).map(move |x| (x, y))) {
            if let Some(other) = taken.insert(cell, title) {
                panic!("{title} lies over {other}");
            }
        }
        if panel["type"] == "row" {
            continue;
        }
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{title} shows nothing");
        let names: BTreeSet<&str> = texts(&panel["targets"], "*.refId").into_iter().collect();
        assert_eq!(names.len(), targets.len(), "{title}: two questions have one name");
    }
    let variables = texts(&dashboard["templating"], "list.*.name");
    assert_eq!(variables, ["datasource"]);
    let rows: Vec<&str> = panels
        .iter()
        .filter(|panel| panel["type"] == "row")
        .map(|panel| panel["title"].as_str().unwrap())
        .collect();
    assert_eq!(rows, ["Reviews", "Findings", "Snapshot and audit", "Certificate, settings and leader"]);
}
