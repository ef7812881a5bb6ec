//! What planning a large cluster costs: `plan` and `what-if` of the release binary on a file of 10,000 Services, 20,000
//! EndpointSlices and 500 Nodes, reading and judging included, and one Service of it once the snapshot exists.
//!
//! Every run of the binary is a child of a process of its own, whose resource usage is that of the run alone.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at the first surprise and prints"
)]

use std::fs;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::Instant;

use ako_gate::decode::{json, manifest};
use ako_gate::facts::profile;
use ako_gate::model::{Snapshot, Source, Stated};
use ako_gate::plan::ako::{Only, Plan};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde_json::{Value, json};
use tempfile::TempDir;

const SERVICES: usize = 10_000;
const NODES: usize = 500;
/// Services behind Ingresses; the others are load balancers.
const BEHIND: usize = 8_000;
const RUNS: usize = 5;
const GATE: &str = env!("CARGO_BIN_EXE_ako-gate");
const PROFILE: [&str; 4] = ["--profile", "ako=2.1.1", "--profile", "akoCloud=CLOUD_VCENTER"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["run", ref command @ ..] => run(command),
        _ => measure(),
    }
}

/// Runs a command and prints what it took: microseconds of CPU, KiB at the peak.
fn run(command: &[&str]) {
    let status = Command::new(command[0]).args(&command[1..]).stdout(Stdio::null()).status().unwrap();
    assert!(matches!(status.code(), Some(0 | 1)), "{command:?} ended with {status}");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let cpu = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    println!("{cpu} {}", usage.max_rss());
}

fn measure() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("cluster.json").to_str().unwrap().to_owned();
    let objects = objects();
    fs::write(&file, json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()).unwrap();
    println!("plan: {SERVICES} Services, {} EndpointSlices, {NODES} Nodes", 2 * SERVICES);
    let own = std::env::current_exe().unwrap().to_str().unwrap().to_owned();
    for (name, rest, ms, mib) in [
        ("check", &["check", "--format", "json"][..], None, None),
        ("plan", &["plan"], Some(1_000.0), Some(300.0)),
        ("plan --format json", &["plan", "--format", "json"], Some(1_000.0), Some(300.0)),
        ("plan --format svg", &["plan", "--format", "svg"], Some(1_000.0), Some(300.0)),
        ("what-if, the release", &["what-if", "--to", "ako=1.9.3"], Some(2_000.0), Some(600.0)),
        ("what-if, ipFamily", &["what-if", "--to", "ipFamily=V6"], Some(2_000.0), Some(600.0)),
    ] {
        let mut costs: Vec<(f64, f64)> = (0..RUNS)
            .map(|_| {
                let run = [&["run", GATE], rest, &PROFILE, &[&file]].concat();
                let output = Command::new(&own).args(run).output().unwrap();
                let text = String::from_utf8(output.stdout).unwrap();
                let mut numbers = text.split_whitespace().map(|number| number.parse::<f64>().unwrap());
                (numbers.next().unwrap() / 1_000.0, numbers.next().unwrap() / 1_024.0)
            })
            .collect();
        costs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (cpu, rss) = costs[RUNS / 2];
        let goal = |goal: Option<f64>| goal.map_or(String::new(), |goal| format!(" (goal {goal})"));
        println!("{name:<24}{cpu:>8.0} ms of CPU{}{rss:>8.0} MiB{}", goal(ms), goal(mib));
    }
    within(&objects);
}

/// The plan alone, in a process that holds the snapshot.
fn within(objects: &[Value]) {
    let mut snapshot = Snapshot::complete();
    for object in objects {
        let document = json::parse(&object.to_string()).unwrap();
        snapshot.insert(manifest::object(document, "values.yaml", None).unwrap());
    }
    let mut stated = Stated::default();
    for pair in [PROFILE[1], PROFILE[3]] {
        stated.state_pair(pair, Source::Flag).unwrap();
    }
    let profile = profile::resolve(&stated, &snapshot, None);
    let time = |only: Only<'_>| {
        let mut times: Vec<u128> = (0..RUNS * 3)
            .map(|_| {
                let start = Instant::now();
                black_box(Plan::of(&snapshot, &profile, only).unwrap());
                start.elapsed().as_micros()
            })
            .collect();
        times.sort_unstable();
        times[times.len() / 2]
    };
    println!("the plan of everything alone: {} us", time(Only::default()));
    for (namespace, name) in [("ns7", "s17"), ("ns9", "s9999")] {
        let took = time(Only { service: Some((namespace, name)) });
        println!("the plan of Service {namespace}/{name} alone: {took} us (goal 5000)");
    }
}

fn objects() -> Vec<Value> {
    let mut objects = vec![
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "avi-k8s-config", "namespace": "avi-system"},
            "data": {"clusterName": "demo", "cniPlugin": "antrea", "ipFamily": "V4_V6", "shardVSSize": "LARGE",
                "controllerIP": "198.51.100.10", "vipNetworkList":
                "[{\"networkName\":\"net1\",\"cidr\":\"192.0.2.0/24\",\"v6cidr\":\"2001:db8:64::/64\"}]"}}),
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "avi-lb"},
            "spec": {"controller": "ako.vmware.com/avi-lb"}}),
    ];
    for node in 0..NODES {
        let (high, low) = (node / 250, node % 250);
        let addresses = [format!("10.10.{high}.{low}"), format!("2001:db8:10::{node:x}")];
        let addresses = addresses.map(|address| json!({"type": "InternalIP", "address": address}));
        objects.push(
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": format!("node-{node}")},
            "spec": {"podCIDRs": [format!("10.{}.{low}.0/24", 100 + high), format!("fd00:10:{node:x}::/64")]},
            "status": {"addresses": addresses}}),
        );
    }
    for index in 0..SERVICES {
        let (namespace, name) = (format!("ns{}", index % 10), format!("s{index}"));
        let kind = if index < BEHIND { "ClusterIP" } else { "LoadBalancer" };
        objects.push(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": namespace, "name": name},
            "spec": {"type": kind, "ipFamilyPolicy": "RequireDualStack", "ipFamilies": ["IPv4", "IPv6"],
                "ports": [{"name": "http", "port": 80, "targetPort": 8080, "nodePort": 30_000 + index % 2_000}]}}));
        for family in ["IPv4", "IPv6"] {
            let endpoints: Vec<Value> = (0..3).map(|pod| {
                let (high, low, node) = (index / 250, index % 250, (index + pod) % NODES);
                let address = if family == "IPv4" { format!("10.{high}.{low}.{pod}") } else { format!("fd00:10:{high:x}::{low:x}:{pod:x}") };
                json!({"addresses": [address], "nodeName": format!("node-{node}"), "conditions": {"ready": true}})
            }).collect();
            objects.push(json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
                "metadata": {"namespace": namespace, "name": format!("{name}-{family}"), "labels": {
                    "kubernetes.io/service-name": name, "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}},
                "addressType": family, "endpoints": endpoints, "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]}));
        }
    }
    for index in 0..BEHIND / 4 {
        // those of one namespace are ten apart
        let first = index / 10 * 40 + index % 10;
        let paths: Vec<Value> = (0..4)
            .map(|path| {
                json!({"path": format!("/{path}"), "backend": {"service":
            {"name": format!("s{}", first + 10 * path), "port": {"number": 80}}}})
            })
            .collect();
        objects.push(json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"namespace": format!("ns{}", first % 10), "name": format!("i{index}")},
            "spec": {"ingressClassName": "avi-lb", "rules": [{"host": format!("h{index}.example.com"), "http": {"paths": paths}}]}}));
    }
    objects
}
