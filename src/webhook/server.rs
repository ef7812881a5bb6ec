//! The accept loop of both ports: TLS handshakes with a time limit, room for so many connections, a drain at the end.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{self, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderValue, header};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
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
/// Without TLS come a few probes and scrapes, each of which may have a whole answer that nobody reads.
const MAX_PLAIN_CONNECTIONS: usize = 128;
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

/// The end of a server, in two steps.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    /// From now on every answer ends its connection.
    pub leaving: CancellationToken,
    /// Nobody new is let in, and what is in flight is finished.
    pub stop: CancellationToken,
}

/// Serves `router` over TLS until its end.
pub async fn serve(listener: TcpListener, tls: TlsAcceptor, router: Router, ending: Ending) {
    accept(listener, Some(tls), Room::new(MAX_CONNECTIONS), router, ending).await;
}

/// Serves `router` without TLS for as long as the process lives.
pub async fn serve_plain(listener: TcpListener, router: Router) {
    accept(listener, None, Room::new(MAX_PLAIN_CONNECTIONS), router, Ending::default()).await;
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    room: Arc<Room>,
    router: Router,
    ending: Ending,
) {
    let connections = TaskTracker::new();
    // a flood of handshakes takes turns with reviews, instead of going before them all
    let turn = Arc::new(Semaphore::new(1));
    loop {
        let accepted = tokio::select! {
            () = ending.stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let seat = tokio::select! {
                    () = ending.stop.cancelled() => break,
                    seat = room.enter() => seat,
                };
                let (tls, router, turn, ending) =
                    (tls.clone(), router.clone(), Arc::clone(&turn), ending.clone());
                connections.spawn(async move {
                    tokio::select! {
                        () = seat.needed() => tracing::debug!("a connection made room for another"),
                        () = connection(stream, tls, router, &turn, ending, &seat) => {}
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

/// A body that tells its connection's seat when it is there as a whole.
struct Watched {
    body: Incoming,
    seat: Arc<Seat>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if polled.is_ready() && self.body.is_end_stream() {
            self.seat.busy();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

async fn connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    router: Router,
    turn: &Semaphore,
    ending: Ending,
    seat: &Arc<Seat>,
) {
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        let said = tokio::time::timeout(FIRST_REQUEST, stream.peek(&mut [0])).await;
        if !matches!(said, Ok(Ok(1..))) {
            return tracing::debug!("a connection said nothing");
        }
        seat.begins();
        return answer(stream, router, ending, seat).await;
    };
    match tokio::time::timeout(HANDSHAKE, shake_hands(stream, tls, turn, seat)).await {
        Ok(Ok(stream)) => answer(stream, router, ending, seat).await,
        Ok(Err(error)) => tracing::debug!(%error, "failed to shake hands"),
        Err(_) => tracing::debug!("a handshake took too long"),
    }
}

/// Answers one request of a connection after the other.
async fn answer<S>(stream: S, router: Router, ending: Ending, seat: &Arc<Seat>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let asked = Arc::new(AtomicBool::new(false));
    let service = service_fn({
        let (asked, seat, leaving) = (Arc::clone(&asked), Arc::clone(seat), ending.leaving);
        move |request: hyper::Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            let (router, seat, leaving) = (router.clone(), Arc::clone(&seat), leaving.clone());
            async move {
                if request.body().is_end_stream() {
                    seat.busy();
                }
                let watched = |body| Body::new(Watched { body, seat: Arc::clone(&seat) });
                let mut response = router.oneshot(request.map(watched)).await?;
                seat.idle();
                // one that is idle when it is closed may just be picked for the next review: none is left by then
                if leaving.is_cancelled() {
                    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(response)
            }
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
            () = ending.stop.cancelled() => break,
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
