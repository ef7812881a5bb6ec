//! What auditing the objects of a real API server costs: CPU and memory of the gate from its start until every report
//! is written, and what a second gate writes when nothing has changed.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at the first surprise and prints"
)]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::panic,
    reason = "of the tests, which use more of it"
)]
#[path = "../support/control_plane.rs"]
mod control_plane;

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use control_plane::{ControlPlane, Served, open_reports};
use futures::StreamExt;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::networking::v1::Ingress;
use kube::api::{Api, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};

const SETTINGS: &str =
    "apiVersion: ako-gate/v1\nkind: Settings\nprofile: {ako: 1.9.3, akoCloud: CLOUD_VCENTER}\n";
/// Services, and as many Ingresses: the goal is for the first number, 25,000 objects.
const ROUNDS: [usize; 2] = [12_500, 25_000];
const NAMESPACES: usize = 100;
/// One Service in so many is broken, and with it its Ingress.
const BROKEN: usize = 100;
const REQUESTS: usize = 16;

fn main() {
    let plane = ControlPlane::start("1.36.3");
    plane.must(&["apply", "-f", open_reports().to_str().unwrap()]);
    plane.must(&["wait", "--for=condition=Established", "--timeout=30s", "crd", "--all"]);
    let namespaces = (0..NAMESPACES).map(|i| {
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": format!("team-{i}")}})
            .to_string()
    });
    plane.must_with(&["create", "-f", "-"], &namespaces.collect::<Vec<_>>().join("\n"));
    plane.must_with(&["create", "-f", "-"], CLASS);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut exist = 0;
    for count in ROUNDS {
        let started = Instant::now();
        runtime.block_on(create(&plane, exist..count));
        println!("{count} Services and {count} Ingresses exist after {:?}", started.elapsed());
        exist = count;
        // what the round before has published goes, so that everything is found anew
        plane.must(&["delete", "reports", "-A", "--all"]);
        audit(&plane, count);
    }
}

async fn create(plane: &ControlPlane, range: std::ops::Range<usize>) {
    let config = Kubeconfig::read_from(plane.kubeconfig()).unwrap();
    let config = kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await.unwrap();
    let client = kube::Client::try_from(config).unwrap();
    let create = |i: usize| {
        let client = client.clone();
        async move {
            let (namespace, post) = (format!("team-{}", i % NAMESPACES), PostParams::default());
            let service: Service = serde_json::from_value(service(i)).unwrap();
            Api::namespaced(client.clone(), &namespace).create(&post, &service).await.unwrap();
            let ingress: Ingress = serde_json::from_value(ingress(i)).unwrap();
            Api::namespaced(client, &namespace).create(&post, &ingress).await.unwrap();
        }
    };
    futures::stream::iter(range).map(create).buffer_unordered(REQUESTS).collect::<Vec<()>>().await;
}

/// Starts a gate and says what it took until all is published; then another one, which must have nothing to write.
fn audit(plane: &ControlPlane, count: usize) {
    let first = gate(plane);
    wait(&first);
    let findings = standing(&first);
    assert!(findings >= count / BROKEN);
    within(300, || shown(plane).0 == findings);
    let (cpu, peak) = (cpu_ms(&first), memory_mib(&first));
    println!(
        "from start to complete reports: {cpu} ms of CPU (goal 2000), {peak} MiB at most (goal 150), {findings} findings"
    );
    let (_, versions) = shown(plane);
    assert_eq!(first.stop(), Some(0));
    let second = gate(plane);
    wait(&second);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(shown(plane).1, versions);
    assert!(!metrics(&second).contains("ako_gate_report_writes_total{"));
    println!("the same again, nothing changed: {} ms of CPU, no writes\n", cpu_ms(&second));
}

fn gate(plane: &ControlPlane) -> Served {
    let kubeconfig = plane.gate_kubeconfig();
    Served::start(SETTINGS, &["--kubeconfig", kubeconfig.to_str().unwrap()])
}

/// Waits until a gate has judged everything and has nothing left to do.
fn wait(gate: &Served) {
    within(300, || gate.log().contains("everything was judged"));
    within(300, || metrics(gate).contains("\nako_gate_audit_queue_objects 0\n"));
}

fn within(seconds: u64, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    while !condition() {
        assert!(Instant::now() < deadline, "not within {seconds} s");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn metrics(gate: &Served) -> String {
    gate.admin_get("/metrics").map(|(_, body)| body).unwrap_or_default()
}

/// How many findings a gate counts.
fn standing(gate: &Served) -> usize {
    let text = metrics(gate);
    let lines = text.lines().filter(|line| line.starts_with("ako_gate_standing_findings{"));
    lines.map(|line| line.rsplit(' ').next().unwrap().parse::<usize>().unwrap()).sum()
}

/// How many results the reports show, and the version of each report.
fn shown(plane: &ControlPlane) -> (usize, BTreeMap<String, Value>) {
    let list: Value = serde_json::from_str(&plane.must(&["get", "reports", "-A", "-o", "json"])).unwrap();
    let reports = list["items"].as_array().unwrap();
    let results = reports.iter().map(|report| report["results"].as_array().unwrap().len()).sum();
    let version = |report: &Value| {
        (report["metadata"]["namespace"].to_string(), report["metadata"]["resourceVersion"].clone())
    };
    (results, reports.iter().map(version).collect())
}

/// CPU time of a gate, in milliseconds.
fn cpu_ms(gate: &Served) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", gate.gate_pid())).unwrap();
    let fields = stat.rsplit(')').next().unwrap();
    10 * fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum::<u64>()
}

/// The most memory a gate ever had, in MiB.
fn memory_mib(gate: &Served) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", gate.gate_pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() >> 10
}

// === the objects ===

const CLASS: &str = "{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: avi-lb}, \
                     spec: {controller: ako.vmware.com/avi-lb}}";

fn metadata(name: &str, i: usize) -> Value {
    let labels = json!({"app.kubernetes.io/name": format!("{name}-{i}"), "team": "a"});
    json!({"name": format!("{name}-{i}"), "namespace": format!("team-{}", i % NAMESPACES), "labels": labels})
}

fn service(i: usize) -> Value {
    let (kind, family) = match (i.is_multiple_of(BROKEN), i % 2) {
        (true, _) => ("LoadBalancer", "IPv6"),
        (false, 0) => ("LoadBalancer", "IPv4"),
        _ => ("ClusterIP", "IPv4"),
    };
    json!({
        "metadata": metadata("service", i),
        "spec": {"type": kind, "ipFamilies": [family], "ipFamilyPolicy": "SingleStack",
                 "allocateLoadBalancerNodePorts": if kind == "LoadBalancer" { json!(false) } else { Value::Null },
                 "selector": {"app.kubernetes.io/name": format!("service-{i}")},
                 "ports": [{"name": "http", "port": 80, "targetPort": 8080}]},
    })
}

fn ingress(i: usize) -> Value {
    let backend = json!({"service": {"name": format!("service-{i}"), "port": {"number": 80}}});
    let path = json!({"path": "/", "pathType": "Prefix", "backend": backend});
    let rule = json!({"host": format!("host-{i}.example.com"), "http": {"paths": [path]}});
    json!({"metadata": metadata("ingress", i), "spec": {"ingressClassName": "avi-lb", "rules": [rule]}})
}
