//! What `ako-gate check` costs on Services and Ingresses, as one file and as many: CPU and peak memory of the release
//! binary, with its rules, places and output, beside a bare parse of the same bytes and beside kubeconform with the
//! schemas of the two kinds. How long it takes to start, and whether the cost stays in proportion.
//!
//! Every run is a child of a process of its own, whose resource usage is that of the run alone.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at the first surprise and prints"
)]

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use granit_parser::Parser;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde_json::Value;
use tempfile::TempDir;

const DOCUMENTS: usize = 1000;
/// Runs of everything, of which the median counts.
const RUNS: usize = 15;
const GOAL_CPU_MS: f64 = 40.0;
const GOAL_RSS_MIB: f64 = 30.0;
const GOAL_START_MS: f64 = 5.0;
/// Linear, but for what caches and the allocator do.
const GOAL_GROWTH: f64 = 1.25;
const GOAL_KUBECONFORM: f64 = 4.0;

const GATE: &str = env!("CARGO_BIN_EXE_ako-gate");

/// What one run took.
#[derive(Clone, Copy)]
struct Cost {
    cpu_ms: f64,
    rss_mib: f64,
    wall_ms: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["run", ref command @ ..] => run(command),
        ["parse", file] => parse(file),
        _ => measure(),
    }
}

// === what the children do ===

/// Runs a command and prints what it took: microseconds of CPU, KiB at the peak, microseconds in all.
fn run(command: &[&str]) {
    let start = Instant::now();
    let status = Command::new(command[0]).args(&command[1..]).stdout(Stdio::null()).status().unwrap();
    let wall = start.elapsed();
    assert!(matches!(status.code(), Some(0 | 1)), "{command:?} ended with {status}");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let cpu = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    println!("{cpu} {} {}", usage.max_rss(), wall.as_micros());
}

/// The least that a checker of YAML can do: read the file, look at every event.
fn parse(file: &str) {
    let text = fs::read_to_string(file).unwrap();
    for event in Parser::new_from_str(&text) {
        black_box(event.unwrap());
    }
}

// === what is measured ===

fn measure() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let own = std::env::current_exe().unwrap().to_str().unwrap().to_owned();
    let mut sizes = Vec::new();
    for count in [DOCUMENTS, 10 * DOCUMENTS, 100 * DOCUMENTS] {
        let file = path(&format!("{count}.yaml"));
        fs::write(&file, documents(0..count).join("---\n")).unwrap();
        sizes.push((count, file));
    }
    let one = sizes[0].1.clone();
    let many = path("many");
    fs::create_dir(&many).unwrap();
    for (index, document) in documents(0..DOCUMENTS).iter().enumerate() {
        fs::write(format!("{many}/{index}.yaml"), document).unwrap();
    }
    let kilobytes = fs::metadata(&one).unwrap().len() / 1000;
    println!("check: {DOCUMENTS} documents, {kilobytes} KB; median of {RUNS} runs");
    println!("{:<34}{:>10}{:>10}{:>10}", "", "CPU ms", "peak MiB", "wall ms");

    let check = ["check", "--profile", "ako=1.9.3", "--profile", "akoCloud=CLOUD_VCENTER"];
    let gate = |path: &str| [&[GATE][..], &check, &[path]].concat().iter().map(|s| (*s).to_owned()).collect();
    let kubeconform = kubeconform(folder.path());
    let mut rows: Vec<(&str, Vec<String>)> = vec![
        ("bare parse, one file", vec![own, "parse".to_owned(), one.clone()]),
        ("ako-gate check, one file", gate(&one)),
        ("ako-gate check, 1,000 files", gate(&many)),
    ];
    if let Some(command) = &kubeconform {
        for (name, path) in [("kubeconform, one file", &one), ("kubeconform, 1,000 files", &many)] {
            rows.push((name, [&command[..], std::slice::from_ref(path)].concat()));
        }
    }
    let costs = in_turn(&rows);
    for ((name, _), cost) in rows.iter().zip(&costs) {
        println!("{name:<34}{:>10.1}{:>10.1}{:>10.1}", cost.cpu_ms, cost.rss_mib, cost.wall_ms);
    }
    for (name, cost) in [("one file", costs[1]), ("1,000 files", costs[2])] {
        let ratio = cost.cpu_ms / costs[0].cpu_ms;
        println!("{name}: {ratio:.1} times the bare parse");
        goal(cost.cpu_ms, GOAL_CPU_MS, "ms of CPU");
        goal(cost.rss_mib, GOAL_RSS_MIB, "MiB");
    }
    match costs.get(3..) {
        Some([single, several]) => {
            for (name, theirs, ours) in [("one file", single, costs[1]), ("1,000 files", several, costs[2])] {
                let ratio = theirs.cpu_ms / ours.cpu_ms;
                let met = if ratio >= GOAL_KUBECONFORM { "met" } else { "MISSED" };
                println!(
                    "{name}: kubeconform takes {ratio:.1} times as much CPU; goal: {GOAL_KUBECONFORM} or more, {met}"
                );
            }
        }
        _ => println!("kubeconform: left out, there is no Go to build it with"),
    }

    let start = vec![("start", vec![GATE.to_owned(), "--version".to_owned()])];
    let [start] = in_turn(&start)[..] else { return };
    println!("start-up: {:.1} ms of CPU, {:.1} MiB", start.cpu_ms, start.rss_mib);
    goal(start.wall_ms, GOAL_START_MS, "ms in all");

    let mut first = None;
    for (count, file) in sizes {
        let [cost] = in_turn(&[("size", gate(&file))])[..] else { return };
        let each = cost.cpu_ms * 1000.0 / f64::from(u32::try_from(count).unwrap());
        println!("{count:>7} documents: {each:>6.1} us of CPU each, {:>7.1} MiB", cost.rss_mib);
        goal(each / first.get_or_insert(each).to_owned(), GOAL_GROWTH, "times as much each as the first");
    }
}

fn goal(found: f64, goal: f64, unit: &str) {
    let met = if found <= goal { "met" } else { "MISSED" };
    println!("  {found:.1} {unit}; goal: {goal}, {met}");
}

/// The median cost of each command. They take turns, so that whatever else the machine does meets all.
fn in_turn(rows: &[(&str, Vec<String>)]) -> Vec<Cost> {
    let own = std::env::current_exe().unwrap();
    let mut costs = vec![Vec::new(); rows.len()];
    let begin = Instant::now();
    for round in 0..RUNS {
        // three runs will do where each is long
        if round >= 3 && begin.elapsed() > Duration::from_secs(20) {
            break;
        }
        for ((_, command), costs) in rows.iter().zip(&mut costs) {
            let ran = Command::new(&own).arg("run").args(command).output().unwrap();
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
            let numbers: Vec<f64> = String::from_utf8(ran.stdout)
                .unwrap()
                .split_whitespace()
                .map(|number| number.parse().unwrap())
                .collect();
            costs.push([numbers[0] / 1000.0, numbers[1] / 1024.0, numbers[2] / 1000.0]);
        }
    }
    let median = |costs: &Vec<[f64; 3]>, index: usize| {
        let mut values: Vec<f64> = costs.iter().map(|cost| cost[index]).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let cost = |costs: &Vec<[f64; 3]>| Cost {
        cpu_ms: median(costs, 0),
        rss_mib: median(costs, 1),
        wall_ms: median(costs, 2),
    };
    costs.iter().map(cost).collect()
}

/// Services and Ingresses by turns as charts render them; every tenth Service is one that AKO 1.9.3 cannot serve.
fn documents(range: std::ops::Range<usize>) -> Vec<String> {
    let document = |index: usize| {
        let (name, kind) = (
            format!("service-{:05}", index / 2),
            if index.is_multiple_of(2) { "Service" } else { "Ingress" },
        );
        let version = if kind == "Service" { "v1" } else { "networking.k8s.io/v1" };
        let head = format!(
            "apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: team-{:03}\n  labels:\n    \
             app.kubernetes.io/name: {name}\n    app.kubernetes.io/instance: {name}-prod\n    \
             app.kubernetes.io/managed-by: Helm\n    helm.sh/chart: {name}-1.4.2\n",
            index / 100
        );
        let faulty = index.is_multiple_of(20);
        let (kind_of, family) = if faulty { ("LoadBalancer", "IPv6") } else { ("ClusterIP", "IPv4") };
        let spec = if kind == "Service" {
            format!(
                "spec:\n  type: {kind_of}\n  ipFamilyPolicy: SingleStack\n  ipFamilies:\n  - {family}\n  selector:\n    \
                 app.kubernetes.io/name: {name}\n    app.kubernetes.io/instance: {name}-prod\n  ports:\n  - name: http\n    \
                 port: 80\n    targetPort: 8080\n    protocol: TCP\n  - name: metrics\n    port: 9090\n    protocol: TCP\n"
            )
        } else {
            format!(
                "spec:\n  ingressClassName: avi-lb\n  tls:\n  - hosts: [{name}.example.com]\n    secretName: {name}-tls\n  \
                 rules:\n  - host: {name}.example.com\n    http:\n      paths:\n      - path: /\n        pathType: Prefix\n        \
                 backend:\n          service:\n            name: {name}\n            port:\n              name: http\n"
            )
        };
        head + &spec
    };
    range.map(document).collect()
}

// === kubeconform ===

/// The command line of kubeconform with its schemas, built from its Go module; none where there is no Go.
fn kubeconform(folder: &Path) -> Option<Vec<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let go = |module: &str, arguments: &[&str]| {
        let mut go = Command::new("go");
        go.args(arguments).current_dir(root.join(module)).env("GOWORK", "off").stderr(Stdio::inherit());
        go.output().ok()
    };
    let binary = root.join("target/tools/kubeconform");
    let package = "github.com/yannh/kubeconform/cmd/kubeconform";
    let built =
        go("tests/kubeconform", &["build", "-trimpath", "-buildvcs=false", "-o", binary.to_str()?, package])?;
    assert!(built.status.success(), "go build {package}");
    let found = go("tests/control-plane", &["list", "-m", "-f", "{{.Dir}}", "k8s.io/kubernetes"])?;
    let sources = PathBuf::from(String::from_utf8(found.stdout).unwrap().trim());
    for (file, schema, name) in [
        ("api__v1", "io.k8s.api.core.v1.Service", "service-v1"),
        ("apis__networking.k8s.io__v1", "io.k8s.api.networking.v1.Ingress", "ingress-networking-v1"),
    ] {
        let path = sources.join(format!("api/openapi-spec/v3/{file}_openapi.json"));
        let openapi: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let schemas = &openapi["components"]["schemas"];
        let inlined = inlined(&schemas[schema], schemas);
        fs::write(folder.join(format!("{name}.json")), inlined.to_string()).unwrap();
    }
    let location = format!("{}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json", folder.display());
    let command = [binary.to_str()?, "-summary", "-schema-location", &location].map(str::to_owned);
    let sample = folder.join("sample.yaml");
    fs::write(&sample, documents(0..2).join("---\n")).unwrap();
    let ran = Command::new(&command[0]).args(&command[1..]).arg(&sample).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(said.contains("Valid: 2"), "kubeconform does not know the two kinds: {said}");
    Some(command.to_vec())
}

/// A schema of the API server's OpenAPI with what it refers to in its place.
fn inlined(schema: &Value, schemas: &Value) -> Value {
    let name =
        |reference: &Value| reference.as_str().and_then(|text| text.rsplit('/').next()).map(str::to_owned);
    if let Some(name) = name(&schema["$ref"]) {
        return inlined(&schemas[&name], schemas);
    }
    match schema {
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| (key.clone(), inlined(value, schemas)));
            Value::Object(entries.collect())
        }
        Value::Array(items) => items.iter().map(|item| inlined(item, schemas)).collect(),
        other => other.clone(),
    }
}
