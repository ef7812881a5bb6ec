//! Keeping the webhook configuration's `caBundle` at the gate's own CA.
//!
//! The gate owns nothing of the configuration but that field, by server-side apply under its own field manager. It
//! never creates a configuration: the patch carries the uid of the one it saw.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use kube::api::{Api, Patch, PatchParams};
use kube::{Client, ResourceExt};
use serde_json::json;

use crate::process::readiness::Readiness;

/// How often the configuration is looked at again.
const RECHECK: Duration = Duration::from_secs(2);
/// How often while it does not trust the gate.
const RETRY: Duration = Duration::from_secs(1);
/// The field manager, as `kubectl get --show-managed-fields` shows it.
const MANAGER: &str = "ako-gate";

/// Keeps the configuration `name` trusting `ca`, a PEM certificate, for as long as the process lives.
pub async fn keep(client: Client, name: String, ca: String, readiness: Arc<Readiness>) {
    let api: Api<ValidatingWebhookConfiguration> = Api::all(client);
    let mut last = None;
    loop {
        let state = ensure(&api, &name, &ca).await;
        let trusted = !matches!(state, Ok(State::Untrusted) | Err(_));
        readiness.trusted.store(trusted, Ordering::Relaxed);
        let line = match &state {
            Ok(state) => format!("{state:?}"),
            Err(error) => error.to_string(),
        };
        if last.as_ref() != Some(&line) {
            match &state {
                Ok(State::Trusted) => tracing::info!(name, "the webhook configuration trusts this gate"),
                Ok(State::Missing) => {
                    tracing::warn!(name, "there is no such webhook configuration; nobody calls");
                }
                Ok(State::Untrusted) => tracing::warn!(name, "the caBundle was set and is being checked"),
                Err(error) => tracing::error!(name, %error, "failed to set the caBundle"),
            }
            last = Some(line);
        }
        let settled = matches!(state, Ok(State::Trusted | State::Missing));
        tokio::time::sleep(if settled { RECHECK } else { RETRY }).await;
    }
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// Every webhook of the configuration has the CA.
    Trusted,
    /// It had not; it was given it just now.
    Untrusted,
    /// There is no configuration.
    Missing,
}

async fn ensure(api: &Api<ValidatingWebhookConfiguration>, name: &str, ca: &str) -> kube::Result<State> {
    let Some(configuration) = api.get_opt(name).await? else {
        return Ok(State::Missing);
    };
    let webhooks = configuration.webhooks.as_deref().unwrap_or_default();
    let trusts =
        |bundle: &Option<ByteString>| bundle.as_ref().is_some_and(|bundle| bundle.0 == ca.as_bytes());
    if webhooks.iter().all(|webhook| trusts(&webhook.client_config.ca_bundle)) {
        return Ok(State::Trusted);
    }
    let bundle = ByteString(ca.as_bytes().to_vec());
    let entries: Vec<_> = webhooks
        .iter()
        .map(|webhook| json!({"name": webhook.name, "clientConfig": {"caBundle": bundle}}))
        .collect();
    let patch = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name, "uid": configuration.uid()},
        "webhooks": entries,
    });
    api.patch(name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(patch)).await?;
    Ok(State::Untrusted)
}
