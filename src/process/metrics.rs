//! Metrics, in the field's naming.

pub mod trust;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// What a review was and how it ended.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct ReviewLabels {
    /// CREATE, UPDATE, DELETE or CONNECT; empty when it could not be decoded.
    pub operation: &'static str,
    /// `allowed`, `warned`, `denied`, `undecided`; `probed` for the gate's own probe.
    pub verdict: &'static str,
}

/// A rule and what its finding did.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct RuleLabels {
    /// The rule.
    pub rule: &'static str,
    /// `deny`, `warn` or `audit`.
    pub action: &'static str,
}

/// A finding that stands.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct StandingLabels {
    /// The rule.
    pub rule: String,
    /// `deny`, `warn`, `audit` or `exempt`.
    pub action: &'static str,
    /// The namespace; `(other)` for those with few findings where very many have some.
    pub namespace: String,
}

/// What an audit was about.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct PassLabels {
    /// `everything` or `change`.
    pub scope: &'static str,
}

/// How writing a report ended.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct ReportLabels {
    /// `written`, `deleted` or `failed`.
    pub outcome: &'static str,
}

/// How writing an Event ended.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct EventLabels {
    /// `created`, `repeated`, `known`, `object gone`, `dropped` or `failed`.
    pub outcome: &'static str,
}

/// Why a request got no answer of its own.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct RefusalLabels {
    /// The HTTP status.
    pub status: u16,
}

/// Every metric.
pub struct Metrics {
    registry: Mutex<Registry>,
    /// Reviews answered.
    pub reviews: Family<ReviewLabels, Counter>,
    /// Seconds spent on a review, from its last byte to its answer.
    pub review_duration: Family<ReviewLabels, Histogram, fn() -> Histogram>,
    /// Requests that are being answered.
    pub in_flight: Gauge,
    /// Bytes of the bodies of requests.
    pub body_bytes: Histogram,
    /// Findings, by rule.
    pub findings: Family<RuleLabels, Counter>,
    /// 1 while the process may be sent requests, as of the last scrape.
    pub ready: Gauge,
    /// Requests that were no reviews.
    pub refusals: Family<RefusalLabels, Counter>,
    /// Reviews of kinds no rule knows.
    pub unknown_kinds: Counter,
    /// Objects in the snapshot.
    pub snapshot_objects: Gauge,
    /// 1 while the newest settings file could not be used.
    pub settings_invalid: Gauge,
    /// 1 while the running AKO is of another era than the stated release.
    pub release_differs: Gauge,
    /// 1 while this process publishes.
    pub leader: Gauge,
    /// Objects that wait to be judged.
    pub audit_queue: Gauge,
    /// Seconds an audit took, rests included.
    pub audits: Family<PassLabels, Histogram, fn() -> Histogram>,
    /// Writes of reports.
    pub reports: Family<ReportLabels, Counter>,
    /// Events.
    pub events: Family<EventLabels, Counter>,
    standing: Family<StandingLabels, Gauge>,
    snapshot_age: Gauge,
    snapshot_taken: Mutex<Option<Instant>>,
    /// The certificate and the webhook configuration.
    pub trust: trust::Trust,
}

/// Namespaces that have series of their own; the findings of others are counted together.
const NAMESPACES: usize = 100;

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("ako_gate");
        let reviews = Family::default();
        registry.register("admission_reviews", "Admission reviews answered", reviews.clone());
        let seconds: fn() -> Histogram =
            || Histogram::new([0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.025, 0.1, 0.5]);
        let review_duration = Family::new_with_constructor(seconds);
        let help = "Seconds from the last byte of a review to its answer";
        registry.register("admission_review_duration_seconds", help, review_duration.clone());
        let in_flight = Gauge::default();
        registry.register(
            "admission_reviews_in_flight",
            "Requests that are being answered",
            in_flight.clone(),
        );
        let body_bytes = Histogram::new([1e3, 4e3, 16e3, 64e3, 256e3, 1e6, 4e6]);
        registry.register(
            "admission_review_body_bytes",
            "Bytes of the bodies of requests",
            body_bytes.clone(),
        );
        let findings = Family::default();
        registry.register("findings", "Findings in admission reviews", findings.clone());
        let ready = Gauge::default();
        registry.register("ready", "1 while /readyz says so", ready.clone());
        let refusals = Family::default();
        registry.register("http_refusals", "Requests that were no admission reviews", refusals.clone());
        let unknown_kinds = Counter::default();
        registry.register("unknown_kinds", "Reviews of kinds no rule knows", unknown_kinds.clone());
        let snapshot_objects = Gauge::default();
        registry.register("snapshot_objects", "Objects in the snapshot", snapshot_objects.clone());
        let settings_invalid = Gauge::default();
        let help = "1 while the newest settings file cannot be used";
        registry.register("settings_invalid", help, settings_invalid.clone());
        let release_differs = Gauge::default();
        let help = "1 while the running AKO is of another era than the stated release";
        registry.register("ako_release_differs", help, release_differs.clone());
        let leader = Gauge::default();
        registry.register("leader", "1 while this process publishes", leader.clone());
        let audit_queue = Gauge::default();
        registry.register("audit_queue_objects", "Objects that wait to be judged", audit_queue.clone());
        let pass: fn() -> Histogram = || Histogram::new([0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0]);
        let audits = Family::new_with_constructor(pass);
        registry.register("audit_duration_seconds", "Seconds an audit took, rests included", audits.clone());
        let reports = Family::default();
        registry.register("report_writes", "Reports written, deleted, or failed to be", reports.clone());
        let events = Family::default();
        registry.register("events", "Events, by how writing them ended", events.clone());
        let standing = Family::default();
        let help = "Findings about what exists; told by the leader only";
        registry.register("standing_findings", help, standing.clone());
        let snapshot_age = Gauge::default();
        let help = "Seconds since a watch last brought something";
        registry.register("snapshot_age_seconds", help, snapshot_age.clone());
        let trust = trust::Trust::register(&mut registry);
        let registry = Mutex::new(registry);
        Self {
            registry,
            reviews,
            review_duration,
            in_flight,
            body_bytes,
            findings,
            ready,
            refusals,
            unknown_kinds,
            snapshot_objects,
            settings_invalid,
            release_differs,
            leader,
            audit_queue,
            audits,
            reports,
            events,
            standing,
            snapshot_age,
            snapshot_taken: Mutex::new(None),
            trust,
        }
    }
}

impl Metrics {
    /// Begins to count what these rules refuse: a first denial is an increase only if there was a number before.
    pub fn count_denials(&self, rules: impl Iterator<Item = &'static str>) {
        for rule in rules {
            self.findings.get_or_create(&RuleLabels { rule, action: "deny" }).inc_by(0);
        }
    }

    /// Notes that a watch brought something just now.
    pub fn touch_snapshot(&self) {
        *self.snapshot_taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Counts the findings that stand: rule, action, namespace, how many. The namespaces with most of them have
    /// series of their own.
    pub fn set_standing<'a>(&self, tallies: impl Iterator<Item = (&'a str, &'static str, &'a str, usize)>) {
        let tallies: Vec<_> = tallies.collect();
        let mut totals: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, _, namespace, count) in &tallies {
            *totals.entry(namespace).or_default() += count;
        }
        let mut most: Vec<(&str, usize)> = totals.into_iter().collect();
        most.sort_by_key(|(namespace, count)| (Reverse(*count), *namespace));
        let own: BTreeSet<&str> = most.iter().take(NAMESPACES).map(|(namespace, _)| *namespace).collect();
        // nobody must read half of them
        let _registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        self.standing.clear();
        for (rule, action, namespace, count) in tallies {
            let namespace = if own.contains(namespace) { namespace } else { "(other)" };
            let labels = StandingLabels { rule: rule.to_owned(), action, namespace: namespace.to_owned() };
            self.standing.get_or_create(&labels).inc_by(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    /// The metrics as OpenMetrics text.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        let taken = *self.snapshot_taken.lock().unwrap_or_else(PoisonError::into_inner);
        let age = taken.map_or(0, |taken| taken.elapsed().as_secs());
        self.snapshot_age.set(i64::try_from(age).unwrap_or(i64::MAX));
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // writing to a string does not fail
        let _ = encode(&mut text, &registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Metrics;

    #[test]
    fn only_so_many_namespaces_have_series_of_their_own() {
        let metrics = Metrics::default();
        let names: Vec<String> = (0..250).map(|i| format!("ns-{i:03}")).collect();
        let tallies = || names.iter().zip(1..).map(|(name, count)| ("ako/x", "deny", name.as_str(), count));
        metrics.set_standing(tallies());
        let text = metrics.encode();
        let lines: Vec<&str> =
            text.lines().filter(|line| line.starts_with("ako_gate_standing_findings{")).collect();
        assert_eq!(lines.len(), 101);
        let sum: usize =
            lines.iter().map(|line| line.rsplit(' ').next().unwrap().parse::<usize>().unwrap()).sum();
        assert_eq!(sum, tallies().map(|(_, _, _, count)| count).sum::<usize>());
        metrics.set_standing(std::iter::empty());
        assert!(!metrics.encode().contains("ako_gate_standing_findings{"));
    }
}
