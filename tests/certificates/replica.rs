//! Replicas in this process, whose clock a test moves, and what the cluster holds of them.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use ako_gate::model::Snapshot;
use ako_gate::process::metrics::Metrics;
use ako_gate::process::readiness::Readiness;
use ako_gate::process::world::Current;
use ako_gate::settings::Settings;
use ako_gate::webhook::certificate::Served;
use ako_gate::webhook::server::{self, Ending};
use ako_gate::webhook::trust::Keeper;
use ako_gate::webhook::{ca_bundle, router, tls};
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use kube::Client;
use kube::api::Api;
use kube::config::{KubeConfigOptions, Kubeconfig};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::UnixTime;
use tokio_rustls::TlsAcceptor;

use crate::support::control_plane::ControlPlane;
use crate::support::door::Webhook;
use crate::support::tls::Connection;

pub(crate) const DAY: u64 = 24 * 3600;

/// A clock that only tests move: seconds it is ahead of the real one, and those it is behind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock(Arc<Mutex<(u64, u64)>>);

impl Clock {
    pub(crate) fn now(&self) -> SystemTime {
        let (ahead, behind) = *self.0.lock().unwrap();
        SystemTime::now() + Duration::from_secs(ahead) - Duration::from_secs(behind)
    }

    pub(crate) fn ahead(&self, days: u64) {
        self.0.lock().unwrap().0 += days * DAY;
    }

    pub(crate) fn behind(&self, days: u64) {
        self.0.lock().unwrap().1 += days * DAY;
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let since = self.now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Some(UnixTime::since_unix_epoch(since))
    }
}

pub(crate) async fn client(kubeconfig: &Path) -> Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let read = Kubeconfig::read_from(kubeconfig).unwrap();
    let options = KubeConfigOptions::default();
    Client::try_from(kube::Config::from_custom_kubeconfig(read, &options).await.unwrap()).unwrap()
}

/// A client that trusts what the caBundle holds, at the time the clock shows.
pub(crate) fn trusting(bundle: &str, clock: &Clock) -> Arc<ClientConfig> {
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
pub(crate) struct Replica {
    pub(crate) address: SocketAddr,
    pub(crate) readiness: Arc<Readiness>,
    pub(crate) keeper: tokio::task::JoinHandle<()>,
    /// How often the keeper has looked at the clock.
    looks: Arc<AtomicUsize>,
}

impl Replica {
    pub(crate) async fn start(client: &Client, clock: &Clock, settle: Duration) -> Self {
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
        let (clock, looks) = (clock.clone(), Arc::new(AtomicUsize::default()));
        let seen = Arc::clone(&looks);
        let keeper = Keeper {
            settle,
            recheck: Duration::from_millis(20),
            clock: Arc::new(move || {
                seen.fetch_add(1, Ordering::Relaxed);
                clock.now()
            }),
            ..keeper
        };
        let address = serve(Arc::clone(&keeper.served)).await;
        Self { address, readiness, keeper: tokio::spawn(keeper.run()), looks }
    }

    /// Waits until the keeper has gone through all it looks after at least once: it asks for the time six times at most.
    pub(crate) async fn looked(&self) {
        let before = self.looks.load(Ordering::Relaxed);
        eventually("the keeper has looked", async || self.looks.load(Ordering::Relaxed) >= before + 12).await;
    }

    pub(crate) fn is_trusted(&self) -> bool {
        self.readiness.trusted.load(Ordering::Relaxed)
    }

    /// The certificate it shows to who trusts the bundle.
    pub(crate) fn shows(&self, bundle: &str, clock: &Clock) -> std::io::Result<Vec<u8>> {
        Connection::open(self.address, "127.0.0.1", &trusting(bundle, clock)).map(|c| c.certificate())
    }
}

pub(crate) async fn serve(served: Arc<Served>) -> SocketAddr {
    let router = router::router(Webhook::with_settings("").gate);
    let tls = TlsAcceptor::from(Arc::new(tls::config(served).unwrap()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(server::serve(listener, tls, router, Ending::default()));
    at
}

pub(crate) async fn bundle(client: &Client) -> String {
    let api: Api<ValidatingWebhookConfiguration> = Api::all(client.clone());
    let found = api.get("ako-gate").await.unwrap();
    let bundle = found.webhooks.unwrap()[0].client_config.ca_bundle.clone();
    bundle.map(|bundle| String::from_utf8(bundle.0).unwrap()).unwrap_or_default()
}

pub(crate) async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_mins(1);
    while !condition().await {
        assert!(tokio::time::Instant::now() < deadline, "not within 60 s: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Every replica shows a leaf that a reader of the caBundle trusts at the clock's time, of this many CAs.
pub(crate) async fn agreed(client: &Client, clock: &Clock, replicas: &[&Replica], authorities: usize) {
    eventually(&format!("{authorities} in the caBundle, and every replica trusted"), async || {
        let bundle = bundle(client).await;
        ca_bundle::certificates(&bundle).len() == authorities
            && replicas.iter().all(|replica| replica.is_trusted() && replica.shows(&bundle, clock).is_ok())
    })
    .await;
}

pub(crate) fn plane() -> ControlPlane {
    let plane = ControlPlane::start("1.36.3");
    plane.must(&["create", "-f", "manifests/base/webhook.yaml"]);
    plane
}

pub(crate) fn newest(bundle: &str) -> Vec<u8> {
    ca_bundle::certificates(bundle)[0].0.to_vec()
}
