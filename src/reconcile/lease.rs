//! Which replica publishes: the one that holds the Lease.
//!
//! Only durations on the monotonic clock decide, never the times that are written: clocks of machines differ and
//! jump. A holder stops counting itself as one well before others may take over.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease as LeaseObject, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::Client;
use kube::api::{Api, PostParams};
use tokio::sync::Notify;

use super::retry::Complaints;
use super::told::Told;

/// How long others wait since they last saw the Lease change, before they take it.
const DURATION: Duration = Duration::from_secs(15);
/// How long a renewal lasts for its holder, from the moment it was begun.
const HELD_FOR: Duration = Duration::from_secs(10);
/// How often the Lease is looked at.
const RETRY: Duration = Duration::from_secs(2);
/// Longest time for one request: what was begun while the Lease was held is over before others may take it.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Waits for the answer to a request, but not too long.
pub async fn in_time<T>(request: impl Future<Output = kube::Result<T>>) -> kube::Result<T> {
    let late = || kube::Error::Service("the API server did not answer in time".into());
    tokio::time::timeout(TIMEOUT, request).await.unwrap_or_else(|_| Err(late()))
}

/// The Lease, and whether this process holds it.
pub struct Lease {
    api: Api<LeaseObject>,
    name: String,
    identity: String,
    /// The time that is written.
    now: fn() -> Timestamp,
    held: Mutex<Held>,
    /// Told whenever the Lease is gained or lost to somebody.
    pub changed: Notify,
}

/// For how long the Lease is held, and how often it has been held before without a break.
#[derive(Debug, Default)]
struct Held {
    until: Option<Instant>,
    terms: u64,
}

impl Held {
    fn set(&mut self, until: Option<Instant>, now: Instant) {
        let (before, after) = (self.term(now), until.is_some_and(|until| now < until));
        self.terms += u64::from(before.is_none() && after);
        self.until = until;
    }

    fn term(&self, now: Instant) -> Option<u64> {
        self.until.filter(|until| now < *until).map(|_| self.terms)
    }
}

impl Lease {
    /// The Lease of this name, for a process called `identity`; `now` tells the time.
    pub fn new(
        client: Client,
        namespace: &str,
        name: &str,
        identity: String,
        now: fn() -> Timestamp,
    ) -> Self {
        Self {
            api: Api::namespaced(client, namespace),
            name: name.to_owned(),
            identity,
            now,
            held: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// The term of office in which this process holds the Lease; nothing when it does not. Whoever finds another one
    /// than before has not held it for a while in between.
    pub fn term(&self) -> Option<u64> {
        self.held().term(Instant::now())
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_held(&self, until: Option<Instant>) {
        let (mut held, now) = (self.held(), Instant::now());
        let before = held.term(now);
        held.set(until, now);
        if held.term(now) != before {
            self.changed.notify_one();
        }
    }

    /// Takes the Lease when it is free and renews it while it is held, for as long as the process lives.
    pub async fn keep(&self) {
        let (mut seen, mut complaints) = (Seen::default(), Complaints::default());
        loop {
            let started = Instant::now();
            match in_time(self.attempt(&mut seen, started)).await {
                Ok(held) => self.set_held(held.then(|| started + HELD_FOR)),
                Err(error) if complaints.are_due(started) => {
                    tracing::warn!(lease = self.name, error = %Told(&error), "failed to hold or look at the Lease");
                }
                Err(_) => {}
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Looks at the Lease and writes it where that is this process's turn; whether it is held now.
    async fn attempt(&self, seen: &mut Seen, now: Instant) -> kube::Result<bool> {
        let mut lease = match self.api.get_opt(&self.name).await? {
            Some(lease) => lease,
            None => LeaseObject {
                metadata: ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() },
                spec: None,
            },
        };
        let spec = lease.spec.take().unwrap_or_default();
        if !seen.is_ours_to_write(&spec, &self.identity, now) {
            return Ok(false);
        }
        let is_new = lease.metadata.resource_version.is_none();
        lease.spec = Some(held_by(&spec, &self.identity, (self.now)()));
        let written = if is_new {
            self.api.create(&PostParams::default(), &lease).await
        } else {
            self.api.replace(&self.name, &PostParams::default(), &lease).await
        };
        match written {
            Ok(_) => Ok(true),
            // somebody else was faster
            Err(kube::Error::Api(status)) if status.code == 409 => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn give_back(&self) -> kube::Result<()> {
        let Some(mut lease) = self.api.get_opt(&self.name).await? else { return Ok(()) };
        let spec = lease.spec.get_or_insert_default();
        if spec.holder_identity.as_deref() == Some(&self.identity) {
            spec.holder_identity = Some(String::new());
            self.api.replace(&self.name, &PostParams::default(), &lease).await?;
        }
        Ok(())
    }

    /// Gives the Lease back, so that another process need not wait for its end.
    pub async fn release(&self) {
        if self.held().until.is_none() {
            return;
        }
        self.set_held(None);
        match tokio::time::timeout(RETRY, self.give_back()).await {
            Ok(Ok(())) => tracing::info!(lease = self.name, "gave the Lease back"),
            Ok(Err(error)) => {
                tracing::warn!(lease = self.name, error = %Told(&error), "failed to give the Lease back");
            }
            Err(_) => tracing::warn!(lease = self.name, "failed to give the Lease back in time"),
        }
    }
}

/// What was last seen of the Lease, and when it last changed.
#[derive(Debug, Default)]
struct Seen {
    holder: String,
    renewed: Option<Timestamp>,
    since: Option<Instant>,
}

impl Seen {
    /// Whether `identity` may write the Lease: it is free, its own, or nobody has renewed it for too long.
    fn is_ours_to_write(&mut self, spec: &LeaseSpec, identity: &str, now: Instant) -> bool {
        let holder = spec.holder_identity.as_deref().unwrap_or_default();
        let renewed = spec.renew_time.as_ref().map(|time| time.0);
        if self.since.is_none() || self.holder != holder || self.renewed != renewed {
            *self = Self { holder: holder.to_owned(), renewed, since: Some(now) };
        }
        let duration = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let duration = duration.map_or(DURATION, Duration::from_secs);
        let expired = self.since.is_some_and(|since| now.duration_since(since) > duration);
        holder.is_empty() || holder == identity || expired
    }
}

/// The Lease as its holder writes it.
fn held_by(before: &LeaseSpec, identity: &str, now: Timestamp) -> LeaseSpec {
    let stays = before.holder_identity.as_deref() == Some(identity);
    let transitions = before.lease_transitions.unwrap_or_default();
    LeaseSpec {
        holder_identity: Some(identity.to_owned()),
        lease_duration_seconds: i32::try_from(DURATION.as_secs()).ok(),
        acquire_time: if stays { before.acquire_time.clone() } else { Some(MicroTime(now)) },
        renew_time: Some(MicroTime(now)),
        lease_transitions: Some(if stays { transitions } else { transitions.saturating_add(1) }),
        ..before.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(holder: &str, renewed: i64) -> LeaseSpec {
        let before = LeaseSpec::default();
        held_by(&before, holder, Timestamp::from_second(renewed).unwrap())
    }

    #[test]
    fn a_lease_is_taken_only_when_nobody_renews_it() {
        let (mut seen, start) = (Seen::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        // a renewal time far in the past or future decides nothing: only that it changes
        assert!(!seen.is_ours_to_write(&lease("b", 1), "a", at(0)));
        assert!(!seen.is_ours_to_write(&lease("b", 1), "a", at(14)));
        assert!(!seen.is_ours_to_write(&lease("b", 4_000_000_000), "a", at(16)));
        assert!(!seen.is_ours_to_write(&lease("b", 4_000_000_000), "a", at(31)));
        assert!(seen.is_ours_to_write(&lease("b", 4_000_000_000), "a", at(32)));
    }

    #[test]
    fn a_lapse_begins_another_term() {
        let (mut held, start) = (Held::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(held.term(start), None);
        held.set(Some(at(10)), at(0));
        held.set(Some(at(12)), at(2));
        assert_eq!((held.term(at(11)), held.term(at(12))), (Some(1), None));
        // renewed too late, although nobody else took it
        held.set(Some(at(23)), at(13));
        assert_eq!(held.term(at(13)), Some(2));
        held.set(None, at(14));
        assert_eq!(held.term(at(14)), None);
    }

    #[test]
    fn a_free_or_own_lease_is_ours() {
        for (holder, ours) in [("", true), ("a", true), ("b", false)] {
            let mut seen = Seen::default();
            assert_eq!(seen.is_ours_to_write(&lease(holder, 1), "a", Instant::now()), ours, "{holder}");
        }
    }

    #[test]
    fn a_renewal_is_no_transition() {
        let first = lease("a", 1);
        let renewed = held_by(&first, "a", Timestamp::from_second(2).unwrap());
        assert_eq!((renewed.lease_transitions, &renewed.acquire_time), (Some(1), &first.acquire_time));
        let taken = held_by(&renewed, "b", Timestamp::from_second(3).unwrap());
        assert_eq!(taken.lease_transitions, Some(2));
        assert_ne!(taken.acquire_time, first.acquire_time);
    }
}
