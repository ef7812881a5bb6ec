//! The accept loop: TLS handshakes with a time limit, a cap on connections, a drain at the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// An API server keeps at most 25 idle connections to a webhook; this leaves room for many of them.
const MAX_CONNECTIONS: usize = 1024;
/// Longest handshake.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Longest wait for the first request of a connection.
const FIRST_REQUEST: Duration = Duration::from_secs(10);
/// Longest silence between requests; above the 90 seconds after which an API server closes an idle connection
/// itself (k8s.io/apimachinery@v0.36.3:pkg/util/net/http.go), so that it never meets a closing one.
const IDLE: Duration = Duration::from_mins(2);
/// Longest wait for requests in flight at the end.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves `router` over TLS until `stop`, then finishes what is in flight.
pub async fn serve(listener: TcpListener, tls: TlsAcceptor, router: Router, stop: CancellationToken) {
    let connections = TaskTracker::new();
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let permit = tokio::select! {
            () = stop.cancelled() => break,
            permit = Arc::clone(&room).acquire_owned() => permit,
        };
        let Ok(permit) = permit else { break };
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, tls.clone(), router.clone(), stop.clone(), permit));
            }
            Err(error) => {
                // out of file descriptors, most likely: leave time for some to come back
                tracing::warn!(%error, "failed to accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    // nobody new is let in while the last requests are finished
    drop(listener);
    connections.close();
    if tokio::time::timeout(DRAIN, connections.wait()).await.is_err() {
        tracing::warn!("ended with requests still in flight");
    }
}

async fn connection(
    stream: TcpStream,
    tls: TlsAcceptor,
    router: Router,
    stop: CancellationToken,
    _permit: OwnedSemaphorePermit,
) {
    let _ = stream.set_nodelay(true);
    let stream = match tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "failed to shake hands"),
        Err(_) => return tracing::debug!("a handshake took too long"),
    };
    let asked = Arc::new(AtomicBool::new(false));
    let service = service_fn({
        let asked = Arc::clone(&asked);
        move |request: hyper::Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            router.clone().oneshot(request.map(Body::new))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_buf_size(64 << 10)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let first = tokio::time::sleep(FIRST_REQUEST);
    let mut first = std::pin::pin!(first);
    let mut waiting = true;
    loop {
        tokio::select! {
            result = &mut connection => {
                if let Err(error) = result {
                    tracing::debug!(%error, "a connection ended badly");
                }
                return;
            }
            () = stop.cancelled() => break,
            () = &mut first, if waiting => {
                if !asked.load(Ordering::Relaxed) {
                    return tracing::debug!("a connection asked for nothing");
                }
                waiting = false;
            }
        }
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
