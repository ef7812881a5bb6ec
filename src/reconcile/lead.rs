//! The leader's work: audit what was touched, and publish what that changed. Whoever does not lead does nothing here.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use kube::Client;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::audit::{self, Circumstances, REST, SLICE};
use super::events::{self, Events};
use super::lease::Lease;
use super::ledger::{Effects, Entry, Ledger};
use super::publish::Publisher;
use super::reports;
use super::retry::Retry;
use super::told::Told;
use super::touched::{Subject, Touched};
use crate::model::ObjectRef;
use crate::process::metrics::{Metrics, PassLabels};
use crate::process::world::Current;

/// How often settings, the day and what could not be written are looked at.
const TICK: Duration = Duration::from_secs(1);
/// How often it is looked whether the cluster serves reports.
const DISCOVER: Duration = Duration::from_secs(10);
/// How often it is looked whether somebody else has changed the reports.
const REPAIR: Duration = Duration::from_secs(30);
/// Rest between passes, in which changes gather.
const GATHER: Duration = Duration::from_millis(100);
/// How long reports are written at a time: what changes meanwhile does not wait for an API server that takes its time.
const AT_A_TIME: Duration = Duration::from_secs(5);

/// What is to be judged, handed from the watches to the leader.
#[derive(Debug, Default)]
pub struct Pending {
    touched: Mutex<Touched>,
    wake: Notify,
}

impl Pending {
    /// Adds what a batch of events touched, and the snapshot already shows.
    pub fn add(&self, touched: Touched) {
        if !touched.is_empty() {
            self.touched.lock().unwrap_or_else(PoisonError::into_inner).merge(touched);
            self.wake.notify_one();
        }
    }

    fn take(&self) -> Touched {
        std::mem::take(&mut *self.touched.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Where the leader works.
pub struct Office {
    /// The cluster.
    pub client: Client,
    /// The world to judge with.
    pub current: Arc<Current>,
    /// What was touched.
    pub pending: Arc<Pending>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The namespace of the Lease, in which the gate is installed.
    pub home: String,
    /// The name of this process.
    pub identity: String,
    /// The time, for exemptions that expire and for what is written. It may jump.
    pub now: fn() -> Timestamp,
}

/// Leads whenever this process holds the Lease, until `stop`; then gives the Lease back.
pub async fn run(office: Office, stop: CancellationToken) {
    let (client, identity) = (office.client.clone(), office.identity.clone());
    let lease = Lease::new(client, &office.home, reports::SOURCE, identity, office.now);
    let keep = async {
        // whoever has not seen everything cannot judge, and leaves the Lease to those who have
        while !office.current.load().complete {
            tokio::time::sleep(GATHER).await;
        }
        lease.keep().await;
    };
    tokio::select! {
        () = keep => {}
        () = work(&office, &lease) => {}
        () = stop.cancelled() => {}
    }
    lease.release().await;
}

async fn work(office: &Office, lease: &Lease) {
    let mut leading: Option<Leading<'_>> = None;
    let mut failed: Option<Retry> = None;
    let mut events = Events::new(office.client.clone(), office.identity.clone());
    loop {
        tokio::select! {
            () = office.pending.wake.notified() => tokio::time::sleep(GATHER).await,
            () = lease.changed.notified() => {}
            () = tokio::time::sleep(leading.as_ref().map_or(TICK, Leading::rest)) => {}
        }
        let term = lease.term();
        office.metrics.leader.set(i64::from(term.is_some()));
        if leading.as_ref().is_some_and(|leading| Some(leading.term) != term) {
            leading = None;
            office.metrics.set_standing(std::iter::empty());
            tracing::warn!("no longer the leader");
        }
        let Some(term) = term else {
            // whoever leads next begins with everything
            office.pending.take();
            continue;
        };
        if leading.is_none() {
            // it begins with everything
            office.pending.take();
            let now = Instant::now();
            if failed.as_ref().is_some_and(|failed| !failed.is_due(now)) {
                continue;
            }
            match Leading::begin(office, lease, term, &mut events).await {
                Ok(begun) => (leading, failed) = (Some(begun), None),
                Err(error) => {
                    tracing::warn!(error = %Told(&error), "failed to read the reports of the leader before");
                    failed = Some(Retry::after(failed.as_ref(), now));
                }
            }
        }
        if let Some(leading) = &mut leading {
            leading.pass(&mut events).await;
        }
    }
}

/// What a leader knows.
struct Leading<'a> {
    office: &'a Office,
    lease: &'a Lease,
    /// The term of office. Whatever happened before it began was perhaps not published.
    term: u64,
    ledger: Ledger,
    publisher: Publisher,
    before: Option<Circumstances>,
    discovered: Instant,
    /// When the reports in the cluster were last looked at; never, if they must be read.
    repaired: Option<Instant>,
    /// When they are looked at again, after they could not be.
    failed: Option<Retry>,
    /// Namespaces whose reports may differ and have not been written yet.
    unpublished: BTreeSet<String>,
}

impl<'a> Leading<'a> {
    /// Begins with the findings that the leader before has published.
    async fn begin(
        office: &'a Office,
        lease: &'a Lease,
        term: u64,
        events: &mut Events,
    ) -> kube::Result<Self> {
        let mut publisher = Publisher::new(office.client.clone(), office.home.clone());
        publisher.discover().await?;
        let now = Instant::now();
        let (mut ledger, mut failed) = (Ledger::default(), None);
        match publisher.read().await {
            Ok(entries) => ledger.seed(entries),
            // the log, metrics and Events do without
            Err(error) if is_forbidden(&error) => {
                tracing::warn!(error = %Told(&error), "failed to read the reports");
                failed = Some(Retry::after(None, now));
            }
            Err(error) => return Err(error),
        }
        tracing::info!(findings = ledger.len(), "leading; these findings were published before");
        events.resume(&ledger);
        Ok(Self {
            office,
            lease,
            term,
            ledger,
            publisher,
            before: None,
            discovered: now,
            repaired: failed.is_none().then_some(now),
            failed,
            unpublished: BTreeSet::new(),
        })
    }

    fn leads(&self) -> bool {
        self.lease.term() == Some(self.term)
    }

    /// How long until the next pass, if nothing happens before.
    fn rest(&self) -> Duration {
        if self.unpublished.is_empty() { TICK } else { GATHER }
    }

    async fn pass(&mut self, events: &mut Events) {
        let mut namespaces = self.look_after_reports().await;
        let is_first = self.before.is_none();
        let (changed, done) = self.audit(events).await;
        namespaces.extend(changed);
        if is_first && done {
            // also what a leader before left behind
            namespaces.extend(self.publisher.namespaces());
            namespaces.extend(self.ledger.namespaces());
        }
        self.unpublished.extend(namespaces);
        let (lease, term) = (self.lease, self.term);
        let may_write = || lease.term() == Some(term);
        events.send(&self.office.metrics, may_write).await;
        self.publish(may_write).await;
    }

    /// Brings reports in line with the ledger, for some time and for as long as `may_write`: first those that were not
    /// tried yet.
    async fn publish(&mut self, may_write: impl Fn() -> bool) {
        let Some(target) = self.publisher.target() else { return self.unpublished.clear() };
        let started = Instant::now();
        let mut namespaces: Vec<String> = self.unpublished.iter().cloned().collect();
        namespaces.extend(self.publisher.due().into_iter().filter(|due| !self.unpublished.contains(due)));
        for namespace in namespaces {
            if !may_write() || started.elapsed() > AT_A_TIME {
                return;
            }
            let (about, ceiling) = (namespace.clone(), self.publisher.ceiling);
            let reports = move |ledger: &mut Ledger| {
                Some(reports::reports(target, &about, ledger.within(&about), ceiling))
            };
            // a namespace with very many findings is much work
            let Some(wanted) = self.with_ledger(reports).await else { return };
            self.unpublished.remove(&namespace);
            self.publisher.publish(target, &namespace, wanted, &self.office.metrics, &may_write).await;
        }
    }

    /// The namespaces whose reports must be looked at although no finding changed.
    async fn look_after_reports(&mut self) -> BTreeSet<String> {
        let mut namespaces = BTreeSet::new();
        if self.discovered.elapsed() >= DISCOVER {
            self.discovered = Instant::now();
            match self.publisher.discover().await {
                Ok(true) => (self.repaired, self.failed) = (None, None),
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(error = %Told(&error), "failed to ask whether reports are served");
                }
            }
        }
        let now = Instant::now();
        let is_early = self.repaired.is_some_and(|repaired| now.duration_since(repaired) < REPAIR);
        if is_early || self.failed.as_ref().is_some_and(|failed| !failed.is_due(now)) {
            return namespaces;
        }
        let looked = match self.repaired {
            Some(_) => self.publisher.changed_by_others().await,
            None => self.publisher.read().await.map(|_| {
                let mut all = self.ledger.namespaces();
                all.extend(self.publisher.namespaces());
                all
            }),
        };
        match looked {
            Ok(changed) => {
                (self.repaired, self.failed) = (Some(Instant::now()), None);
                namespaces.extend(changed);
            }
            Err(error) => {
                tracing::warn!(error = %Told(&error), "failed to read the reports");
                self.failed = Some(Retry::after(self.failed.as_ref(), now));
            }
        }
        namespaces
    }

    /// Judges what was touched; the namespaces in which that changed something, and whether it was all judged.
    async fn audit(&mut self, events: &mut Events) -> (BTreeSet<String>, bool) {
        let touched = self.office.pending.take();
        let world = self.office.current.load_full();
        let circumstances = Circumstances {
            settings: Arc::clone(&world.settings),
            profile: world.profile.clone(),
            today: audit::day((self.office.now)()),
        };
        let is_live = self.before.is_some();
        let touched = circumstances.widen(self.before.as_ref(), touched);
        self.before = Some(circumstances);
        let mut namespaces = BTreeSet::new();
        if touched.is_empty() {
            return (namespaces, true);
        }
        let started = Instant::now();
        let is_full = touched.is_everything();
        let mut subjects = self.with_ledger(move |ledger| touched.objects(&world.snapshot, ledger)).await;
        while !subjects.is_empty() && self.leads() {
            self.office.metrics.audit_queue.set(i64::try_from(subjects.len()).unwrap_or(i64::MAX));
            let slice = subjects.split_off(subjects.len().saturating_sub(SLICE));
            let effects = self.judge(slice).await;
            effects.appeared.iter().for_each(|entry| log(entry, "a finding appeared"));
            effects.resolved.iter().for_each(|entry| log(entry, "a finding was resolved"));
            let notices = events::notices(&effects, is_live, (self.office.now)());
            events.add(notices, &self.office.metrics);
            namespaces.extend(effects.namespaces);
            if !subjects.is_empty() {
                tokio::time::sleep(REST).await;
            }
        }
        let metrics = &self.office.metrics;
        metrics.audit_queue.set(i64::try_from(subjects.len()).unwrap_or(i64::MAX));
        let scope = if is_full { "everything" } else { "change" };
        metrics.audits.get_or_create(&PassLabels { scope }).observe(started.elapsed().as_secs_f64());
        metrics.set_standing(
            self.ledger
                .tallies()
                .map(|(tally, count)| (tally.rule.as_str(), tally.action, tally.namespace.as_str(), count)),
        );
        if is_full {
            tracing::info!(findings = self.ledger.len(), "everything was judged");
        }
        (namespaces, subjects.is_empty())
    }

    async fn judge(&mut self, slice: Vec<Subject>) -> Effects {
        let (current, now) = (Arc::clone(&self.office.current), (self.office.now)());
        self.with_ledger(move |ledger| audit::settle(&current.load(), slice, ledger, now)).await
    }

    /// Does something with the ledger where it keeps nobody waiting.
    async fn with_ledger<T: Default + Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Ledger) -> T + Send + 'static,
    ) -> T {
        let mut ledger = std::mem::take(&mut self.ledger);
        let done = spawn_blocking(move || {
            let result = work(&mut ledger);
            (ledger, result)
        });
        match done.await {
            Ok((ledger, result)) => {
                self.ledger = ledger;
                result
            }
            // only at shutdown: panics of rules are caught, object by object
            Err(error) => {
                tracing::error!(%error, "an audit was cut short; everything is judged again");
                self.before = None;
                T::default()
            }
        }
    }
}

/// Whether the gate may not do what it asked for.
fn is_forbidden(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 403)
}

fn log(entry: &Entry, message: &'static str) {
    let Entry { rule, field, fingerprint, .. } = entry;
    let ObjectRef { kind, namespace, name, .. } = &entry.object;
    let action = entry.standing.name();
    tracing::info!(rule, action, kind, namespace, name, field, fingerprint, "{message}");
}
