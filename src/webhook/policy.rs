//! The failure policy: `Fail` only where the settings ask for it, and only after the gate has been denied its own probe.
//!
//! It is never lowered. After somebody has taken it back it is not set again, which is reported, until there are other
//! settings that ask for it: who changes settings by installing again takes it back on the way.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Client;
use kube::api::Api;
use rustls::crypto::aws_lc_rs;
use rustls_pki_types::UnixTime;
use tokio::time::Instant;

use super::ca_bundle::{self, Configuration};
use super::certificate::Served;
use super::probe::{self, Outcome};
use crate::process::metrics::Metrics;
use crate::process::readiness::Readiness;
use crate::process::world::Current;
use crate::settings::Settings;

/// How long to wait after a probe that was not denied.
const AGAIN: Duration = Duration::from_secs(5);

/// What is remembered of the configuration.
#[derive(Debug, Default)]
pub struct Policy {
    /// The configuration at the last look.
    last: Option<Configuration>,
    /// The settings at the last look.
    settings: Option<Arc<Settings>>,
    /// Whether this configuration has been seen with `Fail`, under these settings.
    has_failed: bool,
    probed: Option<Instant>,
    said: String,
}

impl Policy {
    fn say(&mut self, line: &str) {
        if self.said != line {
            tracing::warn!("{line}");
            line.clone_into(&mut self.said);
        }
    }

    /// Reports what has changed since the last look, the gate's own fields left out.
    fn compare(&mut self, found: &Configuration, metrics: &Metrics) {
        if let Some(last) = self.last.replace(found.clone()) {
            if last.uid() != found.uid() {
                tracing::warn!("the webhook configuration was replaced by another of the same name");
                self.has_failed = false;
                return;
            }
            let changed: Vec<String> = found.changed(&last).into_iter().collect();
            if !changed.is_empty() {
                metrics.trust.configuration_changes.inc();
                let changed = changed.join(", ");
                tracing::warn!(
                    changed,
                    "somebody has changed the webhook configuration; the gate leaves it so"
                );
            }
        }
    }

    /// Looks at the configuration, and sets `Fail` where that is asked for and proven.
    pub async fn look(
        &mut self,
        client: &Client,
        api: &Api<ValidatingWebhookConfiguration>,
        found: &Configuration,
        bundle: Option<&str>,
        settings: &Arc<Settings>,
        metrics: &Metrics,
    ) {
        self.compare(found, metrics);
        let last = self.settings.replace(Arc::clone(settings));
        if last.is_some_and(|last| last != *settings) {
            self.has_failed = false;
        }
        metrics.trust.fails.set(i64::from(found.fails()));
        if found.fails() {
            self.has_failed = true;
            if !settings.fail {
                self.say("failurePolicy is Fail although the settings do not ask for it; the gate does not lower it");
            }
            return;
        }
        if !settings.fail {
            return;
        }
        if self.has_failed {
            return self.say("somebody has taken failurePolicy Fail back; the gate does not set it again");
        }
        if self.probed.is_some_and(|probed| probed.elapsed() < AGAIN) {
            return;
        }
        let namespaced: Api<ConfigMap> = Api::namespaced(client.clone(), &settings.probe_namespace);
        self.probed = Some(Instant::now());
        match probe::send(&namespaced, &nonce()).await {
            Outcome::Denied => match found.apply(api, bundle, true).await {
                Ok(changed) => {
                    tracing::info!("the gate was denied its own probe; failurePolicy is Fail now");
                    metrics.trust.fails.set(i64::from(changed.fails()));
                    self.has_failed = changed.fails();
                    self.last = Some(changed);
                }
                Err(error) => tracing::warn!(%error, "failed to set failurePolicy to Fail"),
            },
            Outcome::Passed => self.say("the gate's own probe was let pass; failurePolicy stays Ignore"),
            Outcome::Unanswered(why) | Outcome::Failed(why) => {
                self.say(&format!("the gate's own probe failed; failurePolicy stays Ignore: {why}"));
            }
        }
    }
}

/// Looks after the policy alone, where somebody else sees to certificates and caBundle; and whether these agree.
pub async fn follow(
    client: Client,
    name: String,
    current: Arc<Current>,
    metrics: Arc<Metrics>,
    served: Arc<Served>,
    readiness: Arc<Readiness>,
) {
    let api: Api<ValidatingWebhookConfiguration> = Api::all(client.clone());
    let mut policy = Policy::default();
    loop {
        match ca_bundle::read(&api, &name).await {
            Ok(Some(found)) => {
                let accepted = found.accepts(&served.chain(), UnixTime::now());
                readiness.trusted.store(accepted.is_ok(), Ordering::Relaxed);
                match accepted {
                    Ok(()) => {
                        let settings = Arc::clone(&current.load().settings);
                        policy.look(&client, &api, &found, None, &settings, &metrics).await;
                    }
                    Err(why) => {
                        let line = "the webhook configuration does not trust the mounted certificate";
                        policy.say(&format!("{line}: {why}"));
                    }
                }
            }
            // nobody calls
            Ok(None) => readiness.trusted.store(true, Ordering::Relaxed),
            Err(error) => policy.say(&format!("failed to read the webhook configuration: {error}")),
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// What a denial must repeat.
pub fn nonce() -> String {
    let mut bytes = [0; 16];
    // even without randomness only a gate repeats it
    let _ = aws_lc_rs::default_provider().secure_random.fill(&mut bytes);
    format!("{:032x}", u128::from_ne_bytes(bytes))
}
