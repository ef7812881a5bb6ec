//! Metrics, in the field's naming.

use std::sync::Mutex;

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
    /// `allowed`, `warned`, `denied`, `undecided`.
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
    pub review_duration: Histogram,
    /// Findings, by rule.
    pub findings: Family<RuleLabels, Counter>,
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
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("ako_gate");
        let reviews = Family::default();
        registry.register("admission_reviews", "Admission reviews answered", reviews.clone());
        let buckets = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.025, 0.1, 0.5];
        let review_duration = Histogram::new(buckets);
        let help = "Seconds from the last byte of a review to its answer";
        registry.register("admission_review_duration_seconds", help, review_duration.clone());
        let findings = Family::default();
        registry.register("findings", "Findings in admission reviews", findings.clone());
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
        let registry = Mutex::new(registry);
        Self {
            registry,
            reviews,
            review_duration,
            findings,
            refusals,
            unknown_kinds,
            snapshot_objects,
            settings_invalid,
            release_differs,
        }
    }
}

impl Metrics {
    /// The metrics as OpenMetrics text.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // writing to a string does not fail
        let _ = encode(&mut text, &registry);
        text
    }
}
