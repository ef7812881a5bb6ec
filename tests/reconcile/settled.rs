//! What must hold after every fault: what is published is what a fresh audit of everything finds, nothing of it twice
//! and nothing missing, and the webhook has answered all the time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::net::SocketAddr;
use std::ops::Deref;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::reconcile::cluster::{Cluster, SETTINGS, metric, standing, text};
use crate::support::control_plane::{Served, within};
use crate::support::review;
use crate::support::tls::{Authority, Connection, usual_client};

/// A gate whose webhook is called all the time; the test fails if an answer is missing.
pub(crate) struct Called {
    /// Nothing once it has been taken out.
    gate: Option<Served>,
    stop: Arc<AtomicBool>,
    calls: Option<JoinHandle<(usize, Duration)>>,
    _certificates: TempDir,
}

impl Called {
    /// Starts a gate with a certificate of a test's own authority, and begins to call it.
    pub(crate) fn start(cluster: &Cluster) -> Self {
        let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
        authority.issue_to(folder.path());
        let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (certificate, key) = (file("tls.crt"), file("tls.key"));
        let kubeconfig = cluster.plane.gate_kubeconfig();
        let gate = Served::start(
            SETTINGS,
            &[
                "--kubeconfig",
                kubeconfig.to_str().unwrap(),
                "--tls-cert-file",
                &certificate,
                "--tls-key-file",
                &key,
            ],
        );
        gate.wait();
        let (body, client) = (review::numbered("01").to_string(), usual_client(&authority.pem()));
        let address = SocketAddr::from(([127, 0, 0, 1], gate.port));
        let stop = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&stop);
        let calls = std::thread::spawn(move || {
            let (mut answers, mut slowest) = (0, Duration::ZERO);
            let mut connection = Connection::open(address, "127.0.0.1", &client).unwrap();
            while !is_over.load(Ordering::Relaxed) {
                let asked = Instant::now();
                assert_eq!(connection.review(&body).unwrap().status, 200);
                slowest = slowest.max(asked.elapsed());
                answers += 1;
                std::thread::sleep(Duration::from_millis(10));
            }
            (answers, slowest)
        });
        Self { gate: Some(gate), stop, calls: Some(calls), _certificates: folder }
    }

    /// Ends the calls; the gate, how many answers there were, and the time the slowest one took.
    pub(crate) fn end(mut self) -> (Served, usize, Duration) {
        self.stop.store(true, Ordering::Relaxed);
        let (answers, slowest) = self.calls.take().unwrap().join().unwrap();
        (self.gate.take().unwrap(), answers, slowest)
    }
}

impl Deref for Called {
    type Target = Served;

    fn deref(&self) -> &Served {
        self.gate.as_ref().unwrap()
    }
}

impl Drop for Called {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(calls) = self.calls.take() {
            let _ = calls.join();
        }
    }
}

/// Demands that something becomes what is wanted.
fn becomes<T: PartialEq + Debug>(seconds: u64, what: &str, wanted: &T, mut now: impl FnMut() -> T) {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        let is = now();
        if is == *wanted {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "not within {seconds} s: {what}\n   now {is:#?}\nwanted {wanted:#?}"
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// A finding with what people are told about it: kind, object, rule, action, fingerprint, why, fix.
type Told = [String; 7];

/// What an audit finds that begins now and knows nothing: that of the command line.
fn stands(cluster: &Cluster) -> Vec<Told> {
    let folder = TempDir::new().unwrap();
    let settings = folder.path().join("settings.yaml");
    std::fs::write(&settings, SETTINGS).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ako-gate"))
        .args(["check", "-q", "--live", "--format", "json", "--config"])
        .arg(settings)
        .arg("--kubeconfig")
        .arg(cluster.plane.kubeconfig())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(report["unreadable"], serde_json::json!([]));
    let told = |finding: &Value| {
        let object = &finding["object"];
        let [rule, action, fingerprint, why, fix] =
            ["rule", "action", "fingerprint", "consequence", "remedy"].map(|key| text(&finding[key]));
        [text(&object["kind"]), name(object), rule, action, fingerprint, why, fix]
    };
    sorted(report["findings"].as_array().unwrap().iter().map(told).collect())
}

/// What the reports show.
fn shown(cluster: &Cluster) -> Vec<Told> {
    let reports = cluster.reports();
    let results = reports.iter().filter_map(|report| report["results"].as_array()).flatten();
    let told = |result: &Value| {
        let (object, properties) = (&result["resources"][0], &result["properties"]);
        let [action, fingerprint, why, fix] =
            ["action", "fingerprint", "why", "fix"].map(|key| text(&properties[key]));
        [text(&object["kind"]), name(object), text(&result["rule"]), action, fingerprint, why, fix]
    };
    sorted(results.map(told).collect())
}

fn name(object: &Value) -> String {
    let name = format!("{}/{}", text(&object["namespace"]), text(&object["name"]));
    name.trim_start_matches('/').to_owned()
}

fn sorted(mut told: Vec<Told>) -> Vec<Told> {
    told.sort();
    told
}

/// The fingerprints of which the last Event says that the finding appeared, where the object still exists.
fn last_words(cluster: &Cluster) -> Vec<String> {
    let events = cluster.json(&["get", "events", "-A"]);
    let mut last: BTreeMap<String, (u64, &Value)> = BTreeMap::new();
    for event in events["items"].as_array().unwrap() {
        if event["source"]["component"] == "ako-gate" {
            let name = text(&event["metadata"]["name"]);
            let finding = name.trim_end_matches(".resolved").rsplit('.').next().unwrap().to_owned();
            let written: u64 = text(&event["metadata"]["resourceVersion"]).parse().unwrap();
            let word = last.entry(finding).or_insert((0, event));
            if written > word.0 {
                *word = (written, event);
            }
        }
    }
    last.retain(|_, (_, event)| event["reason"] == "FindingAppeared");
    let kinds: BTreeSet<String> =
        last.values().map(|(_, event)| text(&event["involvedObject"]["kind"])).collect();
    let exist: BTreeSet<String> = kinds
        .iter()
        .flat_map(|kind| cluster.json(&["get", kind, "-A"])["items"].as_array().unwrap().clone())
        .map(|object| text(&object["metadata"]["uid"]))
        .collect();
    last.retain(|_, (_, event)| exist.contains(event["involvedObject"]["uid"].as_str().unwrap()));
    last.into_keys().collect()
}

/// What must hold after a fault, of the gate that leads.
pub(crate) fn settles(cluster: &Cluster, leader: &Served) {
    let wanted = stands(cluster);
    becomes(60, "the reports show what stands", &wanted, || shown(cluster));
    becomes(60, "the metrics as well", &wanted.len(), || {
        standing(leader).iter().map(|(_, _, count)| count.parse::<usize>().unwrap()).sum()
    });
    let mut findings: Vec<String> = wanted.iter().map(|told| told[4].clone()).collect();
    findings.sort();
    becomes(90, "what Events say last is true of every finding", &findings, || last_words(cluster));
    let before = (cluster.versions(), cluster.events());
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!((cluster.versions(), cluster.events()), before, "it is quiet then");
    assert!(leader.is_ready() && !leader.log().contains("panicked"), "{}", leader.log());
}

/// The same, and that a gate which starts now has nothing to add and nothing to write.
pub(crate) fn settles_for_good(cluster: &Cluster, gate: Served) {
    settles(cluster, &gate);
    let (versions, events) = (cluster.versions(), cluster.events());
    assert_eq!(gate.stop(), Some(0));
    let fresh = cluster.gate();
    within(60, "a fresh gate has judged everything", || fresh.log().contains("everything was judged"));
    within(60, "its pass is over", || metric(&fresh, "ako_gate_audit_queue_objects") == Some(0.0));
    assert!(!fresh.log().contains("a finding "), "{}", fresh.log());
    assert_eq!((cluster.versions(), cluster.events()), (versions, events));
}
