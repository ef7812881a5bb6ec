//! The proof that the API server asks the gate: a ConfigMap that is never stored and always denied.
//!
//! Whatever stands between API server and gate has to work for the denial to come back: the webhook configuration and
//! its conditions, the Service, its endpoints, the certificate.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, PostParams};
use serde_json::json;

/// The name of the ConfigMap.
pub const NAME: &str = "ako-gate-probe";
/// The key under which it carries what the denial must repeat.
pub const NONCE: &str = "nonce";

/// How a probe ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The gate denied it.
    Denied,
    /// It would have been created: nobody was asked.
    Passed,
    /// The API server could not ask the gate, and refuses what it cannot ask about; why.
    Unanswered(String),
    /// Something else denied it, or it failed; why.
    Failed(String),
}

/// Asks the API server for the ConfigMap, as a dry run.
pub async fn send(api: &Api<ConfigMap>, nonce: &str) -> Outcome {
    let probe = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        // the label selects it where an API server is too old for match conditions
        "metadata": {"name": NAME, "labels": {"app.kubernetes.io/name": NAME}},
        "data": {NONCE: nonce},
    });
    let probe: ConfigMap = match serde_json::from_value(probe) {
        Ok(probe) => probe,
        Err(error) => return Outcome::Failed(error.to_string()),
    };
    match api.create(&PostParams { dry_run: true, ..PostParams::default() }, &probe).await {
        Ok(_) => Outcome::Passed,
        Err(kube::Error::Api(status)) if status.code == 403 && status.message.contains(nonce) => {
            Outcome::Denied
        }
        // k8s.io/apiserver@v0.36.3:pkg/admission/plugin/webhook/errors/statuserror.go, and the names of the gate's webhooks
        Err(kube::Error::Api(status))
            if status.message.contains("failed calling webhook")
                && status.message.contains(".ako-gate.svc\"") =>
        {
            Outcome::Unanswered(status.message)
        }
        // kube would show the same again as a data structure
        Err(kube::Error::Api(status)) if !status.message.is_empty() => Outcome::Failed(status.message),
        Err(error) => Outcome::Failed(error.to_string()),
    }
}
