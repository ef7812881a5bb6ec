//! Metrics about the certificate and the webhook configuration.

use std::time::SystemTime;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// What can be told about them.
#[derive(Default)]
pub struct Trust {
    leaf: Gauge,
    authority: Gauge,
    /// 1 while the API server refuses what no gate answers.
    pub fails: Gauge,
    /// Changes of the webhook configuration that the gate did not make.
    pub configuration_changes: Counter,
}

impl Trust {
    /// Registers them.
    pub(super) fn register(registry: &mut Registry) -> Self {
        let own = Self::default();
        let help = "When the served certificate expires, in seconds since 1970; 0 while none is served";
        registry.register("tls_certificate_expiry_timestamp_seconds", help, own.leaf.clone());
        let help = "When the gate's own CA expires, in seconds since 1970; 0 where it has none";
        registry.register("tls_ca_expiry_timestamp_seconds", help, own.authority.clone());
        let help = "1 while the API server refuses what no gate answers";
        registry.register("failure_policy_fail", help, own.fails.clone());
        let help = "Changes of the webhook configuration that the gate did not make";
        registry.register("webhook_configuration_changes", help, own.configuration_changes.clone());
        own
    }

    /// Says when the served certificate expires.
    pub fn set_leaf_expiry(&self, at: SystemTime) {
        self.leaf.set(seconds(at));
    }

    /// Says when the served certificate and its CA expire.
    pub fn set_expiry(&self, leaf: SystemTime, authority: SystemTime) {
        self.leaf.set(seconds(leaf));
        self.authority.set(seconds(authority));
    }
}

fn seconds(at: SystemTime) -> i64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
