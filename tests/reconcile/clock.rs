//! A clock that jumps: what lasts is measured, not told by it; only exemptions go by the day.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ako_gate::process::metrics::Metrics;
use ako_gate::process::readiness::Readiness;
use ako_gate::process::world::Current;
use ako_gate::reconcile::lead::{self, Office, Pending};
use ako_gate::reconcile::watch;
use ako_gate::webhook::handler::{self, Gate};
use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use kube::config::{KubeConfigOptions, Kubeconfig};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::reconcile::cluster::{Cluster, FAULTS, OBJECTS, SETTINGS, metric, text};
use crate::reconcile::settled::settles_for_good;
use crate::support::control_plane::{Served, is_left_out, within};
use crate::support::review;

/// How far the clock of the gate in this process is ahead of the true one, in hours.
static AHEAD: AtomicI64 = AtomicI64::new(0);

const YEAR: i64 = 24 * 365;

fn now() -> Timestamp {
    Timestamp::now() + SignedDuration::from_hours(AHEAD.load(Ordering::Relaxed))
}

fn today() -> Date {
    Offset::UTC.to_datetime(now()).date()
}

/// A gate within this process, by that clock.
struct Here {
    metrics: Arc<Metrics>,
    webhook: Gate,
    stop: CancellationToken,
    lead: Option<JoinHandle<()>>,
    runtime: Runtime,
}

impl Here {
    fn start(cluster: &Cluster, settings: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let settings =
            ako_gate::decode::settings::parse(settings).unwrap_or_else(|errors| panic!("{errors:?}"));
        let current = Arc::new(Current::new(ako_gate::model::Snapshot::default(), settings, false));
        let (metrics, pending) = (Arc::<Metrics>::default(), Arc::<Pending>::default());
        let kubeconfig = Kubeconfig::read_from(cluster.plane.gate_kubeconfig()).unwrap();
        let stop = CancellationToken::new();
        let client = runtime.block_on(async {
            let options = KubeConfigOptions::default();
            let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
            kube::Client::try_from(config).unwrap()
        });
        let office = Office {
            client: client.clone(),
            current: Arc::clone(&current),
            pending: Arc::clone(&pending),
            metrics: Arc::clone(&metrics),
            home: "ako-gate-system".to_owned(),
            identity: "here".to_owned(),
            now,
        };
        let (readiness, counted) = (Arc::<Readiness>::default(), Arc::clone(&metrics));
        runtime.spawn(watch::run(client, Arc::clone(&current), pending, readiness, counted));
        let lead = Some(runtime.spawn(lead::run(office, stop.clone())));
        let webhook = Gate { current, metrics: Arc::clone(&metrics), today };
        Self { metrics, webhook, stop, lead, runtime }
    }

    fn leads(&self) -> bool {
        self.metrics.encode().contains("\nako_gate_leader 1\n")
    }

    /// Whether the webhook allows a Service with an IPv6 VIP in namespace shop.
    fn allows(&self) -> bool {
        let mut review = review::numbered("03");
        review["request"]["namespace"] = "shop".into();
        review["request"]["object"]["metadata"]["namespace"] = "shop".into();
        let answer = handler::answer(&self.webhook, review.to_string().as_bytes()).unwrap();
        serde_json::from_slice::<serde_json::Value>(&answer).unwrap()["response"]["allowed"] == true
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(lead) = self.lead.take() {
            let _ = self.runtime.block_on(lead);
        }
    }
}

/// The result of the finding about Service shop/broken, and since when it stands.
fn shown(cluster: &Cluster) -> (String, i64) {
    let report = cluster.json(&["get", "report", "-n", "shop", "ako-gate"]);
    let result = &report["results"][0];
    (text(&result["result"]), result["timestamp"]["seconds"].as_i64().unwrap_or_default())
}

#[test]
fn a_clock_that_jumps() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with_objects();
    let settings = format!(
        "{SETTINGS}exemptions:\n- {{rule: ako/ipv6-vip-on-load-balancer, match: {{kind: Service, namespace: shop, name: \"*\"}}, \
         reason: later, owner: team, expires: {}}}\n",
        today().saturating_add(jiff::Span::new().days(30))
    );
    let here = Here::start(&cluster, &settings);
    within(60, "the gate here publishes", || here.leads() && cluster.shows(&FAULTS));
    // of another opinion about the exemption, and with the true time
    let other: Served = cluster.gate();
    let (began, events) = (shown(&cluster).1, cluster.events());
    assert_eq!(events.len(), 2, "what is exempt is not told");
    assert_eq!((shown(&cluster).0.as_str(), here.allows()), ("skip", true));
    let leads = |gate: &Served| metric(gate, "ako_gate_leader") == Some(1.0);
    let transitions = || {
        cluster.json(&["get", "lease", "-n", "ako-gate-system", "ako-gate"])["spec"]["leaseTransitions"]
            .clone()
    };
    let first = transitions();

    let said = |times| {
        let mut said = events.clone();
        if times > 0 {
            said.push(("FindingAppeared".to_owned(), "Service broken".to_owned(), times));
        }
        said
    };
    for (hours, result, times) in
        [(YEAR, "fail", 1), (-YEAR, "skip", 1), (10 * YEAR, "fail", 2), (0, "skip", 2)]
    {
        AHEAD.store(hours, Ordering::Relaxed);
        within(60, "the exemption counts by the day", || shown(&cluster).0 == result);
        assert_eq!(here.allows(), result == "skip", "through the webhook as well");
        assert_eq!(shown(&cluster).1, began, "it stands for as long as before");
        within(60, "it is told once when the exemption has expired", || cluster.events() == said(times));
    }

    // renewals from the past and the future: for longer than others wait
    for hours in [-YEAR, YEAR].into_iter().cycle().take(18) {
        AHEAD.store(hours, Ordering::Relaxed);
        std::thread::sleep(std::time::Duration::from_secs(1));
        assert!(here.leads() && !leads(&other));
    }
    assert_eq!(transitions(), first);

    // changes seen by a clock that goes back
    AHEAD.store(YEAR, Ordering::Relaxed);
    cluster.plane.must(&["delete", "aviinfrasetting", "broken"]);
    within(60, "it is resolved", || cluster.shows(&FAULTS[1..]));
    AHEAD.store(-YEAR, Ordering::Relaxed);
    cluster.plane.must_with(&["apply", "-f", "-"], OBJECTS.split("---").nth(3).unwrap());
    within(60, "it is back", || cluster.shows(&FAULTS));
    drop(here);
    within(10, "the Lease was given back", || leads(&other));
    settles_for_good(&cluster, other);
}
