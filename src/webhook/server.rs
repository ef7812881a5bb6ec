//! The accept loop: TLS handshakes with a time limit, room for so many connections, a drain at the end.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::room::{Room, Seat};

/// An API server keeps at most 25 idle connections to a webhook; this leaves room for many of them.
const MAX_CONNECTIONS: usize = 1024;
/// Longest handshake.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Longest wait for the first request of a connection.
const FIRST_REQUEST: Duration = Duration::from_secs(10);
/// Longest silence between requests; above the 90 seconds after which an API server closes an idle connection
/// itself (k8s.io/apimachinery@v0.36.3:pkg/util/net/http.go), so that it never meets a closing one.
const IDLE: Duration = Duration::from_mins(2);
/// Most bytes of a request's head; what an API server sends has less than a thousand.
const MAX_HEAD: usize = 16 << 10;
/// Longest wait for requests in flight at the end.
const DRAIN: Duration = Duration::from_secs(10);

/// Connections that may wait to be accepted: a burst that is longer costs each who comes late a second.
const BACKLOG: u32 = 4096;

/// Listens on an address.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // connections of a process before this one may linger
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves `router` over TLS until `stop`, then finishes what is in flight.
pub async fn serve(listener: TcpListener, tls: TlsAcceptor, router: Router, stop: CancellationToken) {
    let connections = TaskTracker::new();
    let room = Room::new(MAX_CONNECTIONS);
    // a flood of handshakes takes turns with reviews, instead of going before them all
    let turn = Arc::new(Semaphore::new(1));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let seat = tokio::select! {
                    () = stop.cancelled() => break,
                    seat = room.enter() => seat,
                };
                let (tls, router, turn, stop) =
                    (tls.clone(), router.clone(), Arc::clone(&turn), stop.clone());
                connections.spawn(async move {
                    tokio::select! {
                        () = seat.needed() => tracing::debug!("a connection made room for another"),
                        () = connection(stream, tls, router, &turn, stop, &seat) => {}
                    }
                });
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

/// Shakes hands. The answer to the first message is what costs time, and only one is made at once.
async fn shake_hands(
    stream: TcpStream,
    tls: TlsAcceptor,
    turn: &Semaphore,
    seat: &Seat,
) -> io::Result<TlsStream<TcpStream>> {
    // who closes again has not begun
    if stream.peek(&mut [0]).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    seat.begins();
    let mut handshake = pin!(tls.accept(stream));
    let turn = turn.acquire().await;
    let begun = poll_fn(|context| Poll::Ready(handshake.as_mut().poll(context))).await;
    drop(turn);
    match begun {
        Poll::Ready(done) => done,
        Poll::Pending => handshake.await,
    }
}

async fn connection(
    stream: TcpStream,
    tls: TlsAcceptor,
    router: Router,
    turn: &Semaphore,
    stop: CancellationToken,
    seat: &Arc<Seat>,
) {
    let _ = stream.set_nodelay(true);
    let stream = match tokio::time::timeout(HANDSHAKE, shake_hands(stream, tls, turn, seat)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "failed to shake hands"),
        Err(_) => return tracing::debug!("a handshake took too long"),
    };
    let asked = Arc::new(AtomicBool::new(false));
    let service = service_fn({
        let (asked, seat) = (Arc::clone(&asked), Arc::clone(seat));
        move |mut request: hyper::Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(Arc::clone(&seat));
            router.clone().oneshot(request.map(Body::new))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let first = tokio::time::sleep(FIRST_REQUEST);
    let mut first = pin!(first);
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
