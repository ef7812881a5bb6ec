//! The webhook in memory.

use std::sync::Arc;

use ako_gate::model::Snapshot;
use ako_gate::process::metrics::Metrics;
use ako_gate::process::world::Current;
use ako_gate::settings::Settings;
use ako_gate::webhook::handler::{self, Gate};
use ako_gate::webhook::router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

/// What an HTTP request got.
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    /// The `response` of the AdmissionReview in the body.
    pub fn response(&self) -> Value {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        let review: Value = serde_json::from_slice(&self.body).unwrap();
        review["response"].clone()
    }

    /// The warnings of the answer.
    pub fn warnings(&self) -> Vec<String> {
        let response = self.response();
        let warnings = response["warnings"].as_array().cloned().unwrap_or_default();
        warnings.iter().map(|warning| warning.as_str().unwrap().to_owned()).collect()
    }
}

/// A webhook without a socket.
pub struct Webhook {
    pub gate: Arc<Gate>,
}

impl Webhook {
    /// A webhook that judges with these; `complete` says whether `snapshot` is all there is.
    pub fn new(snapshot: Snapshot, settings: Settings, complete: bool) -> Self {
        let current = Arc::new(Current::new(snapshot, settings, complete));
        let metrics = Arc::new(Metrics::default());
        let today = || jiff::civil::date(2026, 1, 1);
        Self { gate: Arc::new(Gate { current, metrics, today }) }
    }

    /// A webhook that knows of nothing beside what it is asked, with these settings (the lines below the head).
    pub fn with_settings(body: &str) -> Self {
        let text = format!("apiVersion: ako-gate/v1\nkind: Settings\n{body}");
        let settings = ako_gate::decode::settings::parse(&text).unwrap_or_else(|errors| panic!("{errors:?}"));
        Self::new(Snapshot::complete(), settings, true)
    }

    /// The handler's answer, or why there is none.
    pub fn answer(&self, body: &[u8]) -> Result<Vec<u8>, String> {
        handler::answer(&self.gate, body)
    }

    /// Posts a body to `/validate`.
    pub async fn post(&self, body: impl Into<Body>) -> Reply {
        self.send(Request::post("/validate").body(body.into()).unwrap()).await
    }

    /// Posts a review to `/validate`.
    pub async fn review(&self, review: &Value) -> Reply {
        self.post(review.to_string()).await
    }

    /// Asks for `path` without a body.
    pub async fn ask(&self, method: Method, path: &str) -> Reply {
        self.send(Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await
    }

    /// Sends a request through the routes.
    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = router::router(Arc::clone(&self.gate)).oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Reply { status: head.status.as_u16(), headers: head.headers, body }
    }

    /// The value of a metric, by its name and labels as printed; 0 when it is not there.
    pub fn metric(&self, name: &str) -> u64 {
        let text = self.gate.metrics.encode();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0, |value| value.parse().unwrap())
    }
}
