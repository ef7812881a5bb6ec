//! What auditing a large cluster costs: CPU to decode and store what watches bring, bytes per object, CPU to judge
//! everything, and the time until one change is judged again.
//!
//! The objects look as an API server sends them, managed fields included; no API server takes part.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at the first surprise and prints"
)]

use std::fs;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use ako_gate::facts::profile;
use ako_gate::model::{Kind, Snapshot, Source};
use ako_gate::reconcile::audit::{Audit, Circumstances};
use ako_gate::reconcile::ledger::{Effects, Ledger};
use ako_gate::reconcile::object::Watched;
use ako_gate::reconcile::prune::prune;
use ako_gate::reconcile::store::{Event, Store};
use ako_gate::reconcile::touched::Touched;
use ako_gate::settings::Settings;
use jiff::civil::date;

const SERVICES: usize = 100_000;
const SLICES: usize = 200_000;
const INGRESSES: usize = 20_000;
const NODES: usize = 1_000;
/// One object in so many is broken.
const BROKEN: usize = 100;
const CHANGES: usize = 1001;
/// Objects that a list brings at once.
const PAGE: usize = 500;

fn main() {
    println!("audit: {SERVICES} Services, {SLICES} EndpointSlices, {INGRESSES} Ingresses, {NODES} Nodes");
    let start = resident_kib();
    let mut store = Store::new(Kind::ALL.iter().copied());
    for kind in Kind::ALL.iter().filter(|kind| kind.is_served() && **kind != Kind::Route) {
        store.apply(Event::Listed(*kind, Vec::new()));
    }
    store.apply(Event::NotServed(Kind::Route));
    feed(&mut store, Kind::ConfigMap, 1, |_| CONFIG.to_owned());
    feed(&mut store, Kind::IngressClass, 1, |_| CLASS.to_owned());
    feed(&mut store, Kind::Node, NODES, node);
    feed(&mut store, Kind::Service, SERVICES, |i| service(i, i % BROKEN == 0));
    feed(&mut store, Kind::Ingress, INGRESSES, ingress);
    feed(&mut store, Kind::EndpointSlice, SLICES, slice);

    let mut ledger = Ledger::default();
    let everything = Touched::everything();
    println!("{:<34}{:>10}{:>12}", "judge", "ms of CPU", "findings");
    for (what, family) in [("everything", "V4"), ("everything again", "V4"), ("another configuration", "V6")]
    {
        let config = CONFIG.replace("\"V4\"", &format!("\"{family}\""));
        store.apply(applied(Kind::ConfigMap, &config));
        let before = cpu_ms();
        audit(&store, &everything, &mut ledger);
        println!("{what:<34}{:>10}{:>12}", cpu_ms() - before, ledger.len());
        if what == "everything" {
            println!("memory in all: {} MiB resident (goal 400)", (resident_kib() - start) >> 10);
        }
    }
    store.apply(applied(Kind::ConfigMap, CONFIG));
    audit(&store, &everything, &mut ledger);
    store.take_touched();

    // a whole change: decoded, stored, the snapshot taken, what it touches judged
    let mut times: Vec<u128> = (0..CHANGES)
        .map(|change| {
            let text = service(change * 97 % SERVICES, change % 2 == 0);
            let started = Instant::now();
            store.apply(applied(Kind::Service, &text));
            let touched = store.take_touched();
            audit(&store, &touched, &mut ledger);
            started.elapsed().as_micros()
        })
        .collect();
    times.sort_unstable();
    println!(
        "one changed Service, stored and judged: median {} us, p99 {} us (goal 1000)",
        times[CHANGES / 2],
        times[CHANGES * 99 / 100]
    );
}

/// Decodes and stores objects as a watch brings them; says what that cost.
fn feed(store: &mut Store, kind: Kind, count: usize, object: impl Fn(usize) -> String) {
    let (cpu, kib) = (cpu_ms(), resident_kib());
    let mut generating = 0;
    // what one read of a watch may hold; more would count as memory of the gate's
    for start in (0..count).step_by(PAGE) {
        let made = Instant::now();
        let texts: Vec<String> = (start..count.min(start + PAGE)).map(&object).collect();
        generating += made.elapsed().as_micros();
        for text in &texts {
            store.apply(applied(kind, text));
        }
    }
    let generating = u64::try_from(generating / 1000).unwrap();
    if count > 1 {
        let (ms, kib) = ((cpu_ms() - cpu).saturating_sub(generating), resident_kib().saturating_sub(kib));
        let bytes = kib * 1024 / u64::try_from(count).unwrap();
        println!(
            "{:<16}{count:>8}: {ms:>6} ms of CPU to decode and store, {bytes:>5} bytes each",
            kind.name()
        );
    }
}

fn applied(kind: Kind, text: &str) -> Event {
    let watched: Watched<false> = serde_json::from_str(text).unwrap();
    Event::Applied(kind, prune(&watched.document, kind))
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    for pair in ["ako=1.9.3", "akoCloud=CLOUD_VCENTER"] {
        settings.stated.state_pair(pair, Source::Settings).unwrap();
    }
    settings
}

fn audit(store: &Store, touched: &Touched, ledger: &mut Ledger) {
    let snapshot: Snapshot = store.snapshot().0;
    let settings = Arc::new(settings());
    let today = date(2026, 1, 1);
    let profile = profile::resolve(&settings.stated, &snapshot, None);
    let now = Circumstances { settings, profile, today };
    let audit = Audit { snapshot: &snapshot, profile: &now.profile, settings: &now.settings, today, now: 0 };
    let mut effects = Effects::default();
    for id in touched.objects(&snapshot, ledger) {
        ledger.settle(&id, audit.judge(&id).unwrap(), &mut effects);
    }
    black_box(effects);
}

fn proc(file: &str) -> String {
    fs::read_to_string(format!("/proc/self/{file}")).unwrap()
}

fn resident_kib() -> u64 {
    let status = proc("status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}

/// CPU time used so far, in milliseconds.
fn cpu_ms() -> u64 {
    let stat = proc("stat");
    let fields = stat.rsplit(')').next().unwrap();
    10 * fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum::<u64>()
}

// === the objects ===

const CONFIG: &str = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"avi-k8s-config","namespace":"avi-system"},
    "data":{"ipFamily":"V4","cniPlugin":"calico","serviceType":"ClusterIP",
            "vipNetworkList":"[{\"networkName\":\"vip-net\",\"cidr\":\"10.40.8.0/24\"}]"}}"#;
const CLASS: &str = r#"{"apiVersion":"networking.k8s.io/v1","kind":"IngressClass","metadata":{"name":"avi-lb"},
    "spec":{"controller":"ako.vmware.com/avi-lb"}}"#;

/// The head of an object that belongs to the Service of the number `of`.
fn metadata(name: &str, i: usize, of: usize) -> String {
    format!(
        r#""metadata":{{"name":"{name}-{i}","namespace":"team-{}","uid":"4f5b1a0e-6c1d-4d36-9a55-{i:012}",
        "resourceVersion":"{}","creationTimestamp":"2026-01-01T00:00:00Z","generation":1,
        "labels":{{"kubernetes.io/service-name":"service-{}","app.kubernetes.io/name":"service-{i}","team":"a"}},
        "managedFields":[{{"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1",
            "time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{{"f:metadata":{{"f:labels":
            {{".":{{}},"f:app.kubernetes.io/name":{{}},"f:team":{{}}}}}},"f:spec":{{"f:clusterIP":{{}},"f:ports":
            {{".":{{}},"k:{{\"port\":80,\"protocol\":\"TCP\"}}":{{".":{{}},"f:port":{{}},"f:protocol":{{}}}}}}}}}}}}]}}"#,
        of / 50,
        i + 1000,
        of
    )
}

fn service(i: usize, is_broken: bool) -> String {
    let (kind, family) = match (i % 2, is_broken) {
        (_, true) => ("LoadBalancer", "IPv6"),
        (0, false) => ("LoadBalancer", "IPv4"),
        _ => ("ClusterIP", "IPv4"),
    };
    let address = format!("10.{}.{}.{}", 96 + i / 65536, i / 256 % 256, i % 256);
    format!(
        r#"{{"apiVersion":"v1","kind":"Service",{},"spec":{{"type":"{kind}","clusterIP":"{address}",
        "clusterIPs":["{address}"],"ipFamilies":["{family}"],"ipFamilyPolicy":"SingleStack",
        "internalTrafficPolicy":"Cluster","sessionAffinity":"None","selector":{{"app.kubernetes.io/name":"service-{i}"}},
        "ports":[{{"name":"http","port":80,"protocol":"TCP","targetPort":8080}}]}},"status":{{"loadBalancer":{{}}}}}}"#,
        metadata("service", i, i)
    )
}

fn slice(i: usize) -> String {
    let endpoint = |n: usize| {
        format!(
            r#"{{"addresses":["10.{}.{}.{}"],"conditions":{{"ready":true,"serving":true,"terminating":false}},
            "nodeName":"node-{n}","targetRef":{{"kind":"Pod","name":"service-{i}-{n}","namespace":"team-{}",
            "uid":"4f5b1a0e-6c1d-4d36-9a55-{n:012}"}},"zone":"a"}}"#,
            n + 1,
            i / 256 % 256,
            i % 256,
            i / 100
        )
    };
    let endpoints: Vec<String> = (0..4).map(endpoint).collect();
    format!(
        r#"{{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice",{},"addressType":"IPv4",
        "endpoints":[{}],"ports":[{{"name":"http","port":8080,"protocol":"TCP"}}]}}"#,
        metadata("slice", i, i / 2),
        endpoints.join(",")
    )
}

fn ingress(i: usize) -> String {
    format!(
        r#"{{"apiVersion":"networking.k8s.io/v1","kind":"Ingress",{},"spec":{{"ingressClassName":"avi-lb",
        "rules":[{{"host":"host-{i}.example.com","http":{{"paths":[{{"path":"/","pathType":"Prefix",
        "backend":{{"service":{{"name":"service-{i}","port":{{"number":80}}}}}}}}]}}}}]}},"status":{{"loadBalancer":{{}}}}}}"#,
        metadata("ingress", i, i)
    )
}

fn node(i: usize) -> String {
    let images: Vec<String> = (0..40)
        .map(|n| format!(r#"{{"names":["registry.example.com/image-{n}:1"],"sizeBytes":{n}}}"#))
        .collect();
    format!(
        r#"{{"apiVersion":"v1","kind":"Node","metadata":{{"name":"node-{i}","labels":{{"kubernetes.io/hostname":"node-{i}"}}}},
        "spec":{{"podCIDR":"10.{}.{}.0/24","podCIDRs":["10.{}.{}.0/24"]}},
        "status":{{"addresses":[{{"type":"InternalIP","address":"192.0.{}.{}"}}],"images":[{}]}}}}"#,
        i / 256,
        i % 256,
        i / 256,
        i % 256,
        i / 256,
        i % 256,
        images.join(",")
    )
}
