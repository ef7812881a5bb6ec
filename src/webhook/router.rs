//! The webhook's routes.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::handler::{self, Gate};
use crate::process::metrics::RefusalLabels;

/// Above the API server's own limits: a request of 3 MiB may carry an object twice
/// (k8s.io/apiserver@v0.36.3:pkg/server/config.go `MaxRequestBodyBytes`).
const MAX_BODY: usize = 8 << 20;

/// Longest time for a body to arrive; the API server waits at most 3 seconds for the answer (`timeoutSeconds`).
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The application: what the server serves and what tests call without one.
pub fn router(gate: Arc<Gate>) -> Router {
    Router::new().route("/validate", post(validate)).with_state(gate)
}

/// Counts a request for as long as it lives, however it ends.
struct InFlight(Arc<Gate>);

impl InFlight {
    fn new(gate: Arc<Gate>) -> Self {
        gate.metrics.in_flight.inc();
        Self(gate)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.metrics.in_flight.dec();
    }
}

async fn validate(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let _in_flight = InFlight::new(Arc::clone(&gate));
    let declared = request.headers().get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|bytes| bytes > MAX_BODY) {
        return refuse(&gate, StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 8 MiB");
    }
    let body = Limited::new(request.into_body(), MAX_BODY).collect();
    let body = match tokio::time::timeout(BODY_TIMEOUT, body).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => {
            return refuse(&gate, StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 8 MiB");
        }
        Ok(Err(_)) => return refuse(&gate, StatusCode::BAD_REQUEST, "the body did not arrive whole"),
        Err(_) => return refuse(&gate, StatusCode::REQUEST_TIMEOUT, "the body took too long"),
    };
    // no body is so long that its length would lose digits
    gate.metrics.body_bytes.observe(u32::try_from(body.len()).unwrap_or(u32::MAX).into());
    match handler::answer(&gate, &body) {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(why) => refuse(&gate, StatusCode::BAD_REQUEST, &why),
    }
}

/// Turns a request down that is no review; there is no uid to answer to.
fn refuse(gate: &Gate, status: StatusCode, why: &str) -> Response {
    tracing::warn!(status = status.as_u16(), why, "refused a request that is no admission review");
    gate.metrics.refusals.get_or_create(&RefusalLabels { status: status.as_u16() }).inc();
    (status, [(header::CONNECTION, "close")], format!("{why}\n")).into_response()
}
