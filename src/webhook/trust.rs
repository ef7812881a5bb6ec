//! Keeping three things in agreement: the CA in the Secret, the caBundle, and the certificate that is served.
//!
//! ```text
//! Secret ── CA ──> caBundle: this CA and those before it ──> served: issued by a CA that the caBundle has
//! ```
//!
//! Every replica does the same. A new CA goes into the caBundle first and is served once every replica and API server
//! has had time to see it there; an old one leaves the caBundle once what it issued has expired. Time is judged by the
//! wall clock at every step, so that a suspended machine or a clock that jumps is noticed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use k8s_openapi::api::core::v1::Secret;
use kube::Client;
use kube::api::Api;
use tokio::time::Instant;

use super::authority::{Authority, Leaf, Lives, jitter};
use super::ca_bundle::{self, Configuration};
use super::certificate::{NAMES, NAMESPACE, Served};
use super::policy::Policy;
use super::secret::{self, Found};
use crate::process::metrics::Metrics;
use crate::process::readiness::Readiness;
use crate::process::world::Current;

/// How often Secret and configuration are looked at.
const RECHECK: Duration = Duration::from_secs(2);
/// How long a new CA stands in the caBundle before it is served: API servers learn of it through a watch, and other
/// replicas at their next look.
const SETTLE: Duration = Duration::from_secs(5);

/// What the keeper works with; times can be chosen by tests.
pub struct Keeper {
    /// The cluster.
    pub client: Client,
    /// The name of the webhook configuration.
    pub configuration: String,
    /// The names the certificate is for.
    pub names: Vec<String>,
    /// How long certificates are good for.
    pub lives: Lives,
    /// How long a new CA stands in the caBundle before it is served.
    pub settle: Duration,
    /// How often to look.
    pub recheck: Duration,
    /// The wall clock.
    pub clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    /// Where the certificate goes.
    pub served: Arc<Served>,
    /// Told whether chain and caBundle agree.
    pub readiness: Arc<Readiness>,
    /// Told when things expire.
    pub metrics: Arc<Metrics>,
    /// The settings, for the failure policy.
    pub current: Arc<Current>,
}

/// The names of the Service, and more.
pub fn names(more: &[String]) -> Vec<String> {
    NAMES.iter().map(ToString::to_string).chain(more.iter().cloned()).collect()
}

/// What a replica remembers between two steps.
struct Memory {
    authority: Option<Authority>,
    leaf: Option<Leaf>,
    /// Chosen anew with every certificate, so that replicas do not all renew at once.
    jitter: f64,
    /// Since when the caBundle has had the CA of the Secret.
    settling: Option<Instant>,
    policy: Policy,
    said: String,
}

impl Keeper {
    /// A keeper with the usual times and the real clock.
    pub fn new(
        client: Client,
        configuration: String,
        more_names: &[String],
        readiness: Arc<Readiness>,
        metrics: Arc<Metrics>,
        current: Arc<Current>,
    ) -> Self {
        Self {
            client,
            configuration,
            names: names(more_names),
            lives: Lives::default(),
            settle: SETTLE,
            recheck: RECHECK,
            clock: Arc::new(SystemTime::now),
            served: Arc::new(Served::default()),
            readiness,
            metrics,
            current,
        }
    }

    /// Keeps them in agreement for as long as the process lives.
    pub async fn run(self) {
        let mut memory = Memory {
            authority: None,
            leaf: None,
            jitter: jitter(),
            settling: None,
            policy: Policy::default(),
            said: String::new(),
        };
        loop {
            let line = match self.step(&mut memory).await {
                Ok(line) => line,
                Err(error) => {
                    // without the API server nobody calls: what was agreed on still holds
                    let line = format!("{error:#}");
                    if memory.said != line {
                        tracing::error!(error = line, "failed to look after the certificate");
                        memory.said = line;
                    }
                    String::new()
                }
            };
            if !line.is_empty() && memory.said != line {
                tracing::info!(name = self.configuration, "{line}");
                memory.said = line;
            }
            self.renew(&mut memory);
            tokio::time::sleep(self.recheck).await;
        }
    }

    /// The CA all replicas agree on, as the Secret has it. What is missing or damaged is put back, or made anew.
    async fn agree(&self, memory: &mut Memory) -> anyhow::Result<()> {
        let api: Api<Secret> = Api::namespaced(self.client.clone(), NAMESPACE);
        let now = (self.clock)();
        // somebody else may be faster, whose CA is read then
        for _ in 0..3 {
            let found = secret::read(&api).await.context("failed to read the Secret of the CA")?;
            let version = match found {
                Found::Good(version, authority) => {
                    let is_due = authority.validity().is_due(now, memory.jitter);
                    if memory
                        .authority
                        .as_ref()
                        .is_none_or(|own| own.certificate() != authority.certificate())
                    {
                        memory.settling = None;
                        memory.authority = Some(*authority);
                    }
                    if !is_due {
                        return Ok(());
                    }
                    tracing::info!("making a new CA: two thirds of the old one's life are over");
                    Some(version)
                }
                Found::Damaged(version, why) => {
                    tracing::warn!(why, "the Secret of the CA is damaged and is written anew");
                    Some(version)
                }
                Found::Missing => None,
            };
            let known = memory.authority.take().filter(|own| !own.validity().is_due(now, memory.jitter));
            let authority = match known {
                Some(known) => known,
                None => Authority::new(now, self.lives.authority)?,
            };
            let written = secret::write(&api, &authority, version).await;
            // what is served goes on being issued by it even where it cannot be written
            memory.authority = Some(authority);
            memory.settling = None;
            if written.context("failed to write the Secret of the CA")? {
                tracing::info!("wrote the CA to its Secret");
                memory.jitter = jitter();
                return Ok(());
            }
        }
        anyhow::bail!("others keep writing the Secret of the CA")
    }

    /// One look at everything; what there is to say about it.
    async fn step(&self, memory: &mut Memory) -> anyhow::Result<String> {
        self.agree(memory).await?;
        let api: Api<ValidatingWebhookConfiguration> = Api::all(self.client.clone());
        let Some(authority) = &memory.authority else { anyhow::bail!("there is no CA") };
        let found = ca_bundle::read(&api, &self.configuration).await;
        let Some(found) = found.context("failed to read the webhook configuration")? else {
            // nobody calls, so whatever is served is trusted by whom it concerns
            if memory.leaf.is_none() {
                self.serve(memory)?;
            }
            self.readiness.trusted.store(true, Ordering::Relaxed);
            return Ok("there is no such webhook configuration; nobody calls".to_owned());
        };
        let now = (self.clock)();
        let overlap_ends = authority.made() + self.lives.leaf;
        let bundle = found.bundle(authority, memory.leaf.as_ref(), overlap_ends, now);
        if !found.has(&bundle) {
            memory.settling = None;
            match found.apply(&api, Some(&bundle), false).await {
                Ok(_) => tracing::info!(name = self.configuration, "set the caBundle"),
                // another replica was faster, and wrote the same
                Err(kube::Error::Api(status)) if status.code == 409 => return Ok(String::new()),
                Err(error) => return Err(error).context("failed to set the caBundle"),
            }
        }
        // what counts is what can be read
        let found = ca_bundle::read(&api, &self.configuration).await;
        let Some(found) = found.context("failed to read the webhook configuration")? else {
            return Ok(String::new());
        };
        self.exchange(memory, &found)?;
        let serves_trusted = memory.leaf.as_ref().is_some_and(|leaf| found.trusts(&leaf.issuer));
        let was_trusted = self.readiness.trusted.swap(serves_trusted, Ordering::Relaxed);
        if !serves_trusted {
            return Ok("the webhook configuration does not trust this gate yet".to_owned());
        }
        if was_trusted {
            let settings = Arc::clone(&self.current.load().settings);
            memory.policy.look(&self.client, &api, &found, Some(&bundle), &settings, &self.metrics).await;
        }
        Ok("the webhook configuration trusts this gate".to_owned())
    }

    /// Serves what the newest CA issues, as soon as that is safe.
    fn exchange(&self, memory: &mut Memory, found: &Configuration) -> anyhow::Result<()> {
        let Some(authority) = &memory.authority else { return Ok(()) };
        if !found.trusts(authority.certificate()) {
            memory.settling = None;
            return Ok(());
        }
        let since = *memory.settling.get_or_insert_with(Instant::now);
        let serving = memory.leaf.as_ref().map(|leaf| &leaf.issuer);
        let waits = match serving {
            Some(issuer) if issuer == authority.certificate() => return Ok(()),
            // only a chain that is trusted already is worth keeping
            Some(issuer) => found.trusts(issuer) && since.elapsed() < self.settle,
            None => false,
        };
        if waits { Ok(()) } else { self.serve(memory) }
    }

    /// Serves a new leaf of the CA.
    fn serve(&self, memory: &mut Memory) -> anyhow::Result<()> {
        let Some(authority) = &memory.authority else { return Ok(()) };
        let leaf = authority.issue(&self.names, (self.clock)(), self.lives.leaf)?;
        self.served.exchange(leaf.key.clone());
        self.metrics.trust.set_expiry(leaf.validity.until, authority.validity().until);
        tracing::info!("serving a new certificate");
        memory.leaf = Some(leaf);
        Ok(())
    }

    /// Issues a new leaf in time, whether or not the API server can be reached.
    fn renew(&self, memory: &mut Memory) {
        let (Some(authority), Some(leaf)) = (&memory.authority, &memory.leaf) else { return };
        // a leaf ends with its CA, whose own successor comes with a leaf of its own
        let is_last = leaf.validity.until >= authority.validity().until;
        let is_current = &leaf.issuer == authority.certificate();
        if is_current && !is_last && leaf.validity.is_due((self.clock)(), memory.jitter) {
            memory.jitter = jitter();
            if let Err(error) = self.serve(memory) {
                tracing::error!(error = format!("{error:#}"), "failed to renew the certificate");
            }
        }
    }
}
