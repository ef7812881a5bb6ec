//! The API server or etcd dies and comes back, watches expire, changes come in floods: the webhook answers
//! throughout, and in the end what is published is what stands.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt;
use k8s_openapi::api::core::v1::Service;
use kube::api::{Api, Patch, PatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::json;
use tempfile::TempDir;

use crate::reconcile::cluster::{Cluster, FAULTS, SETTINGS, metric, standing};
use crate::support::control_plane::{Served, is_left_out, within};
use crate::support::review;
use crate::support::tls::{Authority, Connection, usual_client};

/// Calls the webhook all the time while `during` runs; fails if an answer is missing. How many there were, and the
/// slowest one.
fn reviewing(gate: &Served, authority: &Authority, during: impl FnOnce()) -> (usize, Duration) {
    let body = review::numbered("01").to_string();
    let (stop, answers) = (AtomicBool::new(false), AtomicUsize::new(0));
    let client = usual_client(&authority.pem());
    let address = SocketAddr::from(([127, 0, 0, 1], gate.port));
    std::thread::scope(|scope| {
        let calls = scope.spawn(|| {
            let mut slowest = Duration::ZERO;
            let mut connection = Connection::open(address, "127.0.0.1", &client).unwrap();
            while !stop.load(Ordering::Relaxed) {
                let asked = Instant::now();
                assert_eq!(connection.review(&body).unwrap().status, 200);
                slowest = slowest.max(asked.elapsed());
                answers.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(10));
            }
            slowest
        });
        during();
        stop.store(true, Ordering::Relaxed);
        let slowest = calls.join().unwrap();
        (answers.load(Ordering::Relaxed), slowest)
    })
}

/// A gate with a certificate of a test's own authority.
fn gate(cluster: &Cluster, folder: &TempDir, authority: &Authority) -> Served {
    authority.issue_to(folder.path());
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let kubeconfig = cluster.plane.gate_kubeconfig();
    let arguments = ["--kubeconfig", kubeconfig.to_str().unwrap()];
    let (certificate, key) = (file("tls.crt"), file("tls.key"));
    let tls = ["--tls-cert-file", certificate.as_str(), "--tls-key-file", key.as_str()];
    let gate = Served::start(SETTINGS, &[&arguments[..], &tls[..]].concat());
    gate.wait();
    gate
}

/// What is published is what a gate finds that starts now: it has nothing to add and nothing to write.
fn is_settled(cluster: &Cluster, gate: Served) {
    let (versions, events) = (cluster.versions(), cluster.events());
    assert_eq!(gate.stop(), Some(0));
    let fresh = cluster.gate();
    within(60, "a fresh gate has judged everything", || fresh.log().contains("everything was judged"));
    within(30, "its pass is over", || metric(&fresh, "ako_gate_audit_queue_objects") == Some(0.0));
    assert!(!fresh.log().contains("a finding "), "{}", fresh.log());
    assert_eq!((cluster.versions(), cluster.events()), (versions, events));
}

#[test]
fn the_api_server_and_etcd_may_die() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with_objects();
    let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
    let gate = gate(&cluster, &folder, &authority);
    within(30, "the gate publishes", || cluster.shows(&FAULTS));
    let events = cluster.events();

    let (answers, _) = reviewing(&gate, &authority, || {
        cluster.plane.restart("server", 4);
        cluster.set_type("ClusterIP");
        within(60, "what changed since is seen", || cluster.shows(&FAULTS[..2]));
        cluster.plane.restart("etcd", 4);
        cluster.set_type("LoadBalancer");
        within(60, "what changed since is seen", || cluster.shows(&FAULTS));

        // what changes while the gate cannot look, in an API server that remembers nothing of it: watches expire
        gate.signal("STOP");
        cluster.set_type("ClusterIP");
        cluster.plane.must(&["delete", "node", "broken"]);
        gate.signal("CONT");
        gate.signal("STOP");
        cluster.plane.restart("server", 3);
        gate.signal("CONT");
        within(60, "what was missed is seen", || cluster.shows(&FAULTS[..1]));
    });
    assert!(answers > 100, "only {answers} answers");
    let twice = cluster.events();
    assert!(events.iter().all(|event| twice.iter().any(|other| other.1 == event.1)), "{twice:?}");
    is_settled(&cluster, gate);
}

#[test]
fn a_flood_of_changes_ends_with_what_stands() {
    const SERVICES: usize = 200;
    const CHANGES: usize = 20_000;
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with_objects();
    let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
    let gate = gate(&cluster, &folder, &authority);
    within(30, "the gate publishes", || cluster.shows(&FAULTS));
    let service = |i: usize| {
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": format!("s-{i}"), "namespace": "shop"},
            "spec": {"type": "ClusterIP", "ipFamilies": ["IPv6"], "ipFamilyPolicy": "SingleStack",
                     "ports": [{"port": 80}]},
        })
    };
    let list =
        json!({"apiVersion": "v1", "kind": "List", "items": (0..SERVICES).map(service).collect::<Vec<_>>()});
    cluster.plane.must_with(&["create", "-f", "-"], &list.to_string());

    let config = Kubeconfig::read_from(cluster.plane.kubeconfig()).unwrap();
    let flood = async {
        let config =
            kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await.unwrap();
        let api: Api<Service> = Api::namespaced(kube::Client::try_from(config).unwrap(), "shop");
        let started = Instant::now();
        let changes = futures::stream::iter(0..CHANGES).map(|change| {
            let api = api.clone();
            async move {
                // the last change of each leaves the first half broken
                let (i, round) = (change % SERVICES, change / SERVICES);
                let is_last = round == CHANGES / SERVICES - 1;
                let is_broken = if is_last { i < SERVICES / 2 } else { round % 2 == 0 };
                let kind = if is_broken { "LoadBalancer" } else { "ClusterIP" };
                let patch = Patch::Merge(json!({"spec": {"type": kind}}));
                api.patch(&format!("s-{i}"), &PatchParams::default(), &patch).await.unwrap();
            }
        });
        // in order for each Service: no more are under way than there are Services
        changes.buffered(16).collect::<Vec<()>>().await;
        started.elapsed()
    };
    let mut took = Duration::ZERO;
    let (answers, slowest) = reviewing(&gate, &authority, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        took = runtime.block_on(flood);
        within(60, "the reports show what stands", || cluster.shown().len() == SERVICES / 2 + FAULTS.len());
    });
    println!("{CHANGES} changes in {took:?}; {answers} reviews meanwhile, the slowest took {slowest:?}");
    within(10, "the metrics as well", || {
        let counts = standing(&gate).into_iter().map(|(_, _, count)| count.parse::<usize>().unwrap());
        counts.sum::<usize>() == SERVICES / 2 + FAULTS.len()
    });
    is_settled(&cluster, gate);
}
