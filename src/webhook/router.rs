//! The webhook's routes.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::handler::{self, Gate};
use crate::process::metrics::RefusalLabels;
use crate::process::traces;

/// Above the API server's own limits: a request of 3 MiB may carry an object twice
/// (k8s.io/apiserver@v0.36.3:pkg/server/config.go `MaxRequestBodyBytes`).
const MAX_BODY: usize = 8 << 20;
/// Bodies up to here are read whenever they come; most reviews are smaller.
const SMALL: usize = 16 << 10;
/// Bytes of larger bodies held at once, in KiB: four of the largest.
const LARGE_KIB: usize = 32 << 10;
/// Bodies above this are judged one at a time, on a thread that small ones do not wait for.
const SLOW: usize = 64 << 10;

/// Longest time for a body to arrive; the API server waits at most 3 seconds for the answer (`timeoutSeconds`).
const BODY_TIMEOUT: Duration = Duration::from_secs(3);

/// The gate, and what its requests share.
struct Desk {
    gate: Arc<Gate>,
    /// KiB of large bodies that may still be read.
    memory: Arc<Semaphore>,
    /// The turn to judge a large body.
    turn: Semaphore,
}

/// The application: what the server serves and what tests call without one.
pub fn router(gate: Arc<Gate>) -> Router {
    let desk = Desk { gate, memory: Arc::new(Semaphore::new(LARGE_KIB)), turn: Semaphore::new(1) };
    Router::new().route("/validate", post(validate)).with_state(Arc::new(desk))
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

/// A request that is turned down: the status, and why.
type Refused = (StatusCode, String);

fn too_large() -> Refused {
    (StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 8 MiB".to_owned())
}

/// Reads a body. What is larger than most waits until others have been answered, before it takes up memory.
async fn read(mut body: Body, declared: Option<usize>, desk: &Desk) -> Result<(Bytes, Share), Refused> {
    let (mut read, mut share) = (Vec::new(), None);
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|_| (StatusCode::BAD_REQUEST, "the body did not arrive whole".to_owned()))?;
        let Ok(data) = frame.into_data() else { continue };
        if read.is_empty() && body.is_end_stream() && data.len() <= SMALL {
            return Ok((data, None));
        }
        let length = read.len() + data.len();
        if length > MAX_BODY {
            return Err(too_large());
        }
        if length > SMALL && share.is_none() {
            let most = declared.unwrap_or(MAX_BODY);
            let kib = u32::try_from(most.div_ceil(1024)).unwrap_or(u32::MAX);
            share = Arc::clone(&desk.memory).acquire_many_owned(kib).await.ok();
            read.reserve_exact(most.saturating_sub(read.len()));
        }
        read.extend_from_slice(&data);
    }
    Ok((read.into(), share))
}

/// What a large body takes of the memory for all of them.
type Share = Option<OwnedSemaphorePermit>;

async fn validate(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let _in_flight = InFlight::new(Arc::clone(&desk.gate));
    match answer(&desk, request).await {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err((status, why)) => refuse(&desk.gate, status, &why),
    }
}

async fn answer(desk: &Desk, request: Request) -> Result<Vec<u8>, Refused> {
    let declared = request.headers().get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|bytes| bytes > MAX_BODY) {
        return Err(too_large());
    }
    let trace = traces::Review::of(request.headers());
    let body = tokio::time::timeout(BODY_TIMEOUT, read(request.into_body(), declared, desk)).await;
    let (body, share) =
        body.map_err(|_| (StatusCode::REQUEST_TIMEOUT, "the body took too long".to_owned()))??;
    // no body is so long that its length would lose digits
    desk.gate.metrics.body_bytes.observe(u32::try_from(body.len()).unwrap_or(u32::MAX).into());
    let answer = if body.len() > SLOW {
        let _turn = desk.turn.acquire().await;
        let gate = Arc::clone(&desk.gate);
        let judged = tokio::task::spawn_blocking(move || {
            let answer = trace.judge(|| handler::answer(&gate, &body));
            drop((body, share));
            answer
        });
        judged.await.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?
    } else {
        trace.judge(|| handler::answer(&desk.gate, &body))
    };
    answer.map_err(|why| (StatusCode::BAD_REQUEST, why))
}

/// Turns a request down that is no review; there is no uid to answer to.
fn refuse(gate: &Gate, status: StatusCode, why: &str) -> Response {
    tracing::warn!(status = status.as_u16(), why, "refused a request that is no admission review");
    gate.metrics.refusals.get_or_create(&RefusalLabels { status: status.as_u16() }).inc();
    (status, [(header::CONNECTION, "close")], format!("{why}\n")).into_response()
}
