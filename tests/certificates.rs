//! The gate's own certificates against a real API server: replicas that agree, changes nobody notices, and recovery.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use ako_gate::model::Snapshot;
use ako_gate::process::metrics::Metrics;
use ako_gate::process::readiness::Readiness;
use ako_gate::process::world::Current;
use ako_gate::settings::Settings;
use ako_gate::webhook::authority::{Lives, Validity};
use ako_gate::webhook::certificate::{self, Served};
use ako_gate::webhook::trust::Keeper;
use ako_gate::webhook::{ca_bundle, router, server};
use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use k8s_openapi::api::core::v1::Secret;
use kube::Client;
use kube::api::{Api, DeleteParams, Patch, PatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::UnixTime;
use serde_json::json;
use support::control_plane::{ControlPlane, Served as Process, is_left_out, within};
use support::door::Webhook;
use support::tls::Connection;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

const DAY: u64 = 24 * 3600;

/// A clock that only tests move: seconds it is ahead of the real one, and those it is behind.
#[derive(Clone, Debug, Default)]
struct Clock(Arc<Mutex<(u64, u64)>>);

impl Clock {
    fn now(&self) -> SystemTime {
        let (ahead, behind) = *self.0.lock().unwrap();
        SystemTime::now() + Duration::from_secs(ahead) - Duration::from_secs(behind)
    }

    fn ahead(&self, days: u64) {
        self.0.lock().unwrap().0 += days * DAY;
    }

    fn behind(&self, days: u64) {
        self.0.lock().unwrap().1 += days * DAY;
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let since = self.now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Some(UnixTime::since_unix_epoch(since))
    }
}

async fn client(kubeconfig: &Path) -> Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let read = Kubeconfig::read_from(kubeconfig).unwrap();
    let options = KubeConfigOptions::default();
    Client::try_from(kube::Config::from_custom_kubeconfig(read, &options).await.unwrap()).unwrap()
}

/// A client that trusts what the caBundle holds, at the time the clock shows.
fn trusting(bundle: &str, clock: &Clock) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for (certificate, _) in ca_bundle::certificates(bundle) {
        roots.add(certificate).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_details(provider, Arc::new(clock.clone()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

/// A replica in this process, whose clock a test moves.
struct Replica {
    address: SocketAddr,
    readiness: Arc<Readiness>,
    keeper: tokio::task::JoinHandle<()>,
}

impl Replica {
    async fn start(client: &Client, clock: &Clock, settle: Duration) -> Self {
        let (readiness, metrics) = (Arc::new(Readiness::default()), Arc::new(Metrics::default()));
        let current = Arc::new(Current::new(Snapshot::complete(), Settings::default(), true));
        let own = ["127.0.0.1".to_owned()];
        let keeper = Keeper::new(
            client.clone(),
            "ako-gate".to_owned(),
            &own,
            Arc::clone(&readiness),
            metrics,
            current,
        );
        let clock = clock.clone();
        let keeper = Keeper {
            settle,
            recheck: Duration::from_millis(100),
            clock: Arc::new(move || clock.now()),
            ..keeper
        };
        let address = serve(Arc::clone(&keeper.served)).await;
        Self { address, readiness, keeper: tokio::spawn(keeper.run()) }
    }

    fn is_trusted(&self) -> bool {
        self.readiness.trusted.load(Ordering::Relaxed)
    }

    /// The certificate it shows to who trusts the bundle.
    fn shows(&self, bundle: &str, clock: &Clock) -> std::io::Result<Vec<u8>> {
        Connection::open(self.address, "127.0.0.1", &trusting(bundle, clock)).map(|c| c.certificate())
    }
}

async fn serve(served: Arc<Served>) -> SocketAddr {
    let router = router::router(Webhook::with_settings("").gate);
    let tls = TlsAcceptor::from(Arc::new(certificate::tls_config(served).unwrap()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(server::serve(listener, tls, router, CancellationToken::new()));
    at
}

async fn bundle(client: &Client) -> String {
    let api: Api<ValidatingWebhookConfiguration> = Api::all(client.clone());
    let found = api.get("ako-gate").await.unwrap();
    let bundle = found.webhooks.unwrap()[0].client_config.ca_bundle.clone();
    bundle.map(|bundle| String::from_utf8(bundle.0).unwrap()).unwrap_or_default()
}

async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    while !condition().await {
        assert!(tokio::time::Instant::now() < deadline, "not within 30 s: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Every replica shows a leaf that a reader of the caBundle trusts at the clock's time, of this many CAs.
async fn agreed(client: &Client, clock: &Clock, replicas: &[&Replica], authorities: usize) {
    eventually(&format!("{authorities} in the caBundle, and every replica trusted"), async || {
        let bundle = bundle(client).await;
        ca_bundle::certificates(&bundle).len() == authorities
            && replicas.iter().all(|replica| replica.is_trusted() && replica.shows(&bundle, clock).is_ok())
    })
    .await;
}

fn plane() -> ControlPlane {
    let plane = ControlPlane::start("1.36.3");
    plane.must(&["create", "-f", "manifests/base/webhook.yaml"]);
    plane
}

fn newest(bundle: &str) -> Vec<u8> {
    ca_bundle::certificates(bundle)[0].0.to_vec()
}

/// Reads the caBundle and connects to every replica, again and again: what is shown must be trusted each time.
async fn watch_over(client: Client, clock: Clock, at: Vec<SocketAddr>, stop: Arc<AtomicBool>) -> usize {
    let mut looks = 0;
    while !stop.load(Ordering::Relaxed) {
        let before = clock.now();
        let bundle = bundle(&client).await;
        for address in &at {
            let shown = Connection::open(*address, "127.0.0.1", &trusting(&bundle, &clock));
            // a clock that was moved in between says nothing about the gate
            let passed = clock.now().duration_since(before).unwrap_or_default();
            if let (Err(error), true) = (shown, passed < Duration::from_secs(1)) {
                panic!("an untrusted chain: {error}");
            }
            looks += 1;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    looks
}

/// Two replicas share a clock that is moved on: leaves and CAs change, and at no time is one shown that the caBundle
/// of that time does not trust.
#[tokio::test(flavor = "multi_thread")]
async fn certificates_change_without_a_moment_of_distrust() {
    if is_left_out() {
        return;
    }
    let plane = plane();
    let client = client(&plane.gate_kubeconfig()).await;
    let clock = Clock::default();
    let settle = Duration::from_millis(600);
    let (one, two) =
        (Replica::start(&client, &clock, settle).await, Replica::start(&client, &clock, settle).await);
    let both = [&one, &two];
    agreed(&client, &clock, &both, 1).await;
    let lives = Lives::default();
    assert_eq!((lives.leaf.as_secs() / DAY, lives.authority.as_secs() / DAY), (30, 365));

    let stop = Arc::new(AtomicBool::new(false));
    let at = vec![one.address, two.address];
    let watcher = tokio::spawn(watch_over(client.clone(), clock.clone(), at, Arc::clone(&stop)));

    // two thirds of a leaf's life
    let first = bundle(&client).await;
    let shown = both.map(|replica| replica.shows(&first, &clock).unwrap());
    clock.ahead(21);
    eventually("new leaves", async || {
        both.iter()
            .zip(&shown)
            .all(|(replica, old)| replica.shows(&first, &clock).is_ok_and(|new| new != *old))
    })
    .await;
    assert_eq!(bundle(&client).await, first, "of the same CA");

    // a CA has two thirds of a year; leaves are renewed on the way
    for round in 0..3 {
        let before = newest(&bundle(&client).await);
        let mut days = 0;
        while newest(&bundle(&client).await) == before {
            clock.ahead(5);
            days += 5;
            assert!(days < 260, "no new CA after {days} days");
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        assert!(days > 150, "{days}: too early");
        agreed(&client, &clock, &both, 2).await;
        eventually("leaves of the new CA", async || {
            let new_alone = bundle(&client).await;
            let new_alone =
                new_alone.split_inclusive("-----END CERTIFICATE-----\n").next().unwrap().to_owned();
            both.iter().all(|replica| replica.shows(&new_alone, &clock).is_ok())
        })
        .await;
        for _ in 0..7 {
            clock.ahead(5);
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        agreed(&client, &clock, &both, 1).await;
        assert_ne!(newest(&bundle(&client).await), before, "round {round}");
    }
    stop.store(true, Ordering::Relaxed);
    let looks = watcher.await.unwrap();
    assert!(looks > 100, "{looks}");

    // a clock that jumps, forward and back
    clock.ahead(1000);
    agreed(&client, &clock, &both, 1).await;
    clock.behind(900);
    eventually("a CA of the time there is now", async || {
        let bundle = bundle(&client).await;
        let validity = Validity::of(&ca_bundle::certificates(&bundle)[0].0).unwrap();
        validity.holds(clock.now()) && both.iter().all(|replica| replica.shows(&bundle, &clock).is_ok())
    })
    .await;
    one.keeper.abort();
    two.keeper.abort();
}

/// What the administrator, or an accident, does to the Secret and the caBundle is mended, and both replicas come back
/// to one CA.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_is_put_back() {
    if is_left_out() {
        return;
    }
    let plane = plane();
    let (client, admin) = (client(&plane.gate_kubeconfig()).await, client(&plane.kubeconfig()).await);
    let (clock, settle) = (Clock::default(), Duration::from_millis(300));
    let (one, two) =
        (Replica::start(&client, &clock, settle).await, Replica::start(&client, &clock, settle).await);
    let both = [&one, &two];
    agreed(&client, &clock, &both, 1).await;
    let first = bundle(&client).await;
    let secrets: Api<Secret> = Api::namespaced(admin.clone(), "ako-gate-system");
    let configurations: Api<ValidatingWebhookConfiguration> = Api::all(admin.clone());
    let stored = async || {
        let secret = secrets.get_opt("ako-gate-ca").await.unwrap();
        secret
            .and_then(|secret| secret.data?.remove("ca.crt"))
            .map(|bytes| String::from_utf8(bytes.0).unwrap())
    };

    // deleted and damaged: the CA is still known to those that run, and is put back
    secrets.delete("ako-gate-ca", &DeleteParams::default()).await.unwrap();
    eventually("the Secret is back", async || stored().await.as_deref() == Some(first.as_str())).await;
    for damage in
        [json!({"ca.key": null}), json!({"ca.crt": "bm9uc2Vuc2U="}), json!({"ca.crt": "", "ca.key": ""})]
    {
        let patch = Patch::Merge(json!({"data": damage}));
        secrets.patch("ako-gate-ca", &PatchParams::default(), &patch).await.unwrap();
        eventually("the Secret is whole", async || {
            let secret = secrets.get("ako-gate-ca").await.unwrap().data.unwrap();
            secret.len() == 2 && secret.values().all(|bytes| bytes.0.len() > 100)
        })
        .await;
        assert_eq!(stored().await.as_deref(), Some(first.as_str()));
    }

    // emptied, or replaced by something else
    for bundle in ["", "bm9uc2Vuc2U="] {
        let patch = json!([{"op": "replace", "path": "/webhooks/0/clientConfig/caBundle", "value": bundle}]);
        let patch: Patch<()> = Patch::Json(serde_json::from_value(patch).unwrap());
        // the API server takes nothing that is no certificate, which is as well
        if configurations.patch("ako-gate", &PatchParams::default(), &patch).await.is_ok() {
            agreed(&client, &clock, &both, 1).await;
        }
    }
    let found = self::bundle(&client).await;
    assert_eq!(found, first);

    // nobody knows the CA any more: a new one, and the old one stays trusted for those that may still show it
    one.keeper.abort();
    two.keeper.abort();
    secrets.delete("ako-gate-ca", &DeleteParams::default()).await.unwrap();
    let (three, four) =
        (Replica::start(&client, &clock, settle).await, Replica::start(&client, &clock, settle).await);
    agreed(&client, &clock, &[&three, &four], 2).await;
    let last = self::bundle(&client).await;
    assert_ne!(newest(&last), newest(&first));
    assert!(last.ends_with(&first), "the old one is still there");

    // without a configuration nobody calls, and a new one is filled in
    configurations.delete("ako-gate", &DeleteParams::default()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(three.is_trusted() && four.is_trusted());
    assert!(configurations.get_opt("ako-gate").await.unwrap().is_none(), "the gate makes none");
    plane.must(&["create", "-f", "manifests/base/webhook.yaml"]);
    agreed(&client, &clock, &[&three, &four], 1).await;
    three.keeper.abort();
    four.keeper.abort();
}

/// A replica that ends in the middle of a change of the CA, wherever that is, is followed by one that comes to a trusted
/// chain. `AKO_GATE_KILLS` asks for more ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_breaks_off_is_taken_up_again() {
    if is_left_out() {
        return;
    }
    let kills = std::env::var("AKO_GATE_KILLS").map_or(12, |text| text.parse::<u64>().unwrap());
    let plane = plane();
    let client = client(&plane.gate_kubeconfig()).await;
    let (clock, settle) = (Clock::default(), Duration::from_millis(100));
    let first = Replica::start(&client, &clock, settle).await;
    agreed(&client, &clock, &[&first], 1).await;
    first.keeper.abort();
    let mut authority = newest(&bundle(&client).await);
    for round in 0..kills {
        // the CA is due, what it issued is not over
        clock.ahead(250);
        let victim = Replica::start(&client, &clock, settle).await;
        tokio::time::sleep(Duration::from_millis(round * 29 % 350)).await;
        victim.keeper.abort();
        let started = tokio::time::Instant::now();
        let next = Replica::start(&client, &clock, settle).await;
        eventually(&format!("round {round}: a trusted chain of a new CA"), async || {
            let bundle = bundle(&client).await;
            newest(&bundle) != authority && next.is_trusted() && next.shows(&bundle, &clock).is_ok()
        })
        .await;
        assert!(started.elapsed() < Duration::from_secs(10), "round {round}: {:?}", started.elapsed());
        authority = newest(&bundle(&client).await);
        next.keeper.abort();
    }
}

/// Two processes as they are installed: one CA, and a third process takes it over.
#[test]
fn two_processes_agree_on_one_authority() {
    if is_left_out() {
        return;
    }
    let plane = plane();
    let kubeconfig = plane.gate_kubeconfig();
    let start = || {
        Process::start(
            "apiVersion: ako-gate/v1\nkind: Settings\n",
            &["--kubeconfig", kubeconfig.to_str().unwrap()],
        )
    };
    let (one, two) = (start(), start());
    one.wait();
    two.wait();
    let get = [
        "get",
        "validatingwebhookconfiguration",
        "ako-gate",
        "-o",
        "jsonpath={.webhooks[0].clientConfig.caBundle}",
    ];
    let bundle = || {
        let bytes: ByteString = serde_json::from_value(json!(plane.must(&get))).unwrap();
        String::from_utf8(bytes.0).unwrap()
    };
    let first = bundle();
    assert_eq!(ca_bundle::certificates(&first).len(), 1, "{first}");
    let open = |process: &Process, bundle: &str| {
        let at = SocketAddr::from(([127, 0, 0, 1], process.port));
        Connection::open(at, "127.0.0.1", &trusting(bundle, &Clock::default())).is_ok()
    };
    assert!(open(&one, &first) && open(&two, &first));

    // the one that wrote it goes, and another comes
    drop(one);
    let three = start();
    three.wait();
    assert_eq!(bundle(), first, "the CA is that of the Secret");
    assert!(open(&two, &first) && open(&three, &first));

    // both mend the same damage at once
    plane.must(&["delete", "secret", "-n", "ako-gate-system", "ako-gate-ca"]);
    within(20, "the Secret is back", || {
        plane.kubectl(&["get", "secret", "-n", "ako-gate-system", "ako-gate-ca"], "").status.success()
    });
    assert!(open(&two, &bundle()) && open(&three, &bundle()));
    assert_eq!(bundle(), first);

    // the gate owns what it should of the configuration, and nothing else
    let managed = plane.must(&[
        "get",
        "validatingwebhookconfiguration",
        "ako-gate",
        "--show-managed-fields",
        "-o",
        "jsonpath={.metadata.managedFields[?(@.manager==\"ako-gate\")].fieldsV1}",
    ]);
    let managed: serde_json::Value = serde_json::from_str(&managed).unwrap();
    let own = json!({"f:webhooks": {"k:{\"name\":\"validate.ako-gate.svc\"}": {
        ".": {}, "f:name": {}, "f:clientConfig": {"f:caBundle": {}},
    }}});
    assert_eq!(managed, own);
}
