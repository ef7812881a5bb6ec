//! Idle, slow, half-open and malformed connections, floods of handshakes and the largest objects.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use rustls::ClientConnection;
use rustls_pki_types::ServerName;
use serde_json::json;

use super::honest::Target;
use crate::support::review;
use crate::support::tls::{Connection, head};

/// How long each kind of harm lasts.
const SECONDS: u64 = 2;
/// Connections that are idle at once.
const IDLE: usize = 10_000;

/// Lets this process have so many connections, if the system does; how many it may have.
pub(super) fn connections(wanted: usize) -> usize {
    let wanted = u64::try_from(wanted).unwrap();
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    let most = wanted.saturating_add(500).min(hard);
    if soft < most {
        setrlimit(Resource::RLIMIT_NOFILE, most, hard).unwrap();
    }
    let spare = most.max(soft).saturating_sub(500);
    if spare < wanted {
        println!("left out, as this system allows {spare} connections: {wanted} of them");
    }
    usize::try_from(spare.min(wanted)).unwrap()
}

fn is_over(stop: &AtomicBool) -> bool {
    stop.load(Ordering::Relaxed)
}

fn rest(stop: &AtomicBool, mut each: impl FnMut()) {
    while !is_over(stop) {
        each();
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The first message of a handshake.
fn hello(target: &Target) -> Vec<u8> {
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut connection = ClientConnection::new(Arc::clone(&target.client), name).unwrap();
    let mut bytes = Vec::new();
    connection.write_tls(&mut bytes).unwrap();
    bytes
}

fn idle(target: &Target, stop: &AtomicBool) {
    let count = connections(IDLE);
    let begun = Instant::now();
    let open: Vec<_> = (0..count).map(|_| TcpStream::connect(target.address()).unwrap()).collect();
    println!("{} idle connections within {:?}", open.len(), begun.elapsed());
    rest(stop, || {});
}

/// Idle as well, but behind a whole handshake.
fn idle_behind_tls(target: &Target, stop: &AtomicBool) {
    let mut open = Vec::new();
    while !is_over(stop) {
        open.push(target.open().unwrap());
    }
    println!("{} idle connections behind a handshake", open.len());
}

/// So many connections that have sent `first`, and send `next` now and then.
fn slow(target: &Target, stop: &AtomicBool, first: &[u8], next: &[u8]) {
    let mut open: Vec<Connection> = Vec::new();
    while !is_over(stop) && open.len() < 300 {
        let mut connection = target.open().unwrap();
        let _ = connection.try_send(first);
        open.push(connection);
    }
    rest(stop, || open.iter_mut().for_each(|connection| drop(connection.try_send(next))));
}

/// Large bodies of which one half comes.
fn slow_bodies(target: &Target, stop: &AtomicBool) {
    let head = head(8 << 20);
    let half = [head.as_bytes(), &vec![b' '; 1 << 20]].concat();
    slow(target, stop, &half, b" ");
}

/// Says half of something, closes its own side, and never reads.
fn half_open(target: &Target, stop: &AtomicBool) {
    let hello = hello(target);
    let mut open = Vec::new();
    while !is_over(stop) {
        let mut stream = TcpStream::connect(target.address()).unwrap();
        let _ = stream.write_all(&hello[..hello.len() / 2]);
        let _ = stream.shutdown(Shutdown::Write);
        open.push(stream);
        let mut connection = target.open().unwrap();
        let _ = connection.try_send(&head(100).as_bytes()[..60]);
        let _ = connection.socket().shutdown(Shutdown::Write);
        open.push(connection.into_socket());
        open.truncate(500);
    }
}

/// Begins handshakes without ending them, and ends others without asking anything.
fn handshakes(target: &Target, stop: &AtomicBool) {
    let hello = hello(target);
    std::thread::scope(|scope| {
        // pauses, since who means harm has this test's own processors
        scope.spawn(|| {
            rest(stop, || {
                let mut begun: Vec<TcpStream> =
                    (0..100).map(|_| TcpStream::connect(target.address()).unwrap()).collect();
                for stream in &mut begun {
                    let _ = stream.write_all(&hello);
                }
            });
        });
        while !is_over(stop) {
            let _ = target.open();
        }
    });
}

/// Messages of a handshake with other bytes in them.
fn malformed(target: &Target, stop: &AtomicBool) {
    let hello = hello(target);
    let mut state: u32 = 4_062;
    let mut next = || {
        // Knuth's generator: the same bytes in every run
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(state >> 8).unwrap()
    };
    while !is_over(stop) {
        let mut bytes = hello.clone();
        for _ in 0..next() % 8 {
            let at = next() % bytes.len();
            bytes[at] = next().to_le_bytes()[0];
        }
        bytes.truncate(next() % (bytes.len() + 1));
        let mut stream = TcpStream::connect(target.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        let _ = stream.write_all(&bytes);
        let _ = stream.read(&mut [0; 64]);
    }
}

/// As large as an API server takes them.
fn large_object() -> String {
    let mut review = review::numbered("01");
    let value = "x".repeat(100);
    let entries = (0..28_000).map(|entry| (format!("entry-{entry}"), json!(value)));
    review["request"]["object"]["metadata"]["annotations"] =
        entries.collect::<serde_json::Map<_, _>>().into();
    let body = review.to_string();
    assert!(body.len() > 3 << 20, "{}", body.len());
    body
}

fn large_objects(target: &Target, stop: &AtomicBool) {
    let body = large_object();
    let mut connection = target.open().unwrap();
    let mut answers = 0;
    while !is_over(stop) {
        assert_eq!(connection.review(&body).unwrap().status, 200);
        answers += 1;
    }
    println!("{answers} objects of 3 MiB");
}

/// HTTP/2 where HTTP/1.1 is spoken: its preface, and frames that never end.
fn http2(target: &Target, stop: &AtomicBool) {
    // an empty SETTINGS, then HEADERS and RST_STREAM again and again (RFC 9113, 4.1)
    let mut frames = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    for stream in (1..200u32).step_by(2) {
        frames.extend_from_slice(b"\0\0\x01\x01\x04");
        frames.extend_from_slice(&stream.to_be_bytes());
        frames.extend_from_slice(b"\x82\0\0\x04\x03\0");
        frames.extend_from_slice(&stream.to_be_bytes());
        frames.extend_from_slice(&8u32.to_be_bytes());
    }
    while !is_over(stop) {
        let mut connection = target.open().unwrap();
        assert_eq!(connection.tls().alpn_protocol(), Some(&b"http/1.1"[..]));
        let _ = connection.try_send(&frames);
        assert!(connection.answer().map_or(true, |answer| answer.status == 400));
        assert!(connection.is_closed());
    }
}

type Harm = fn(&Target, &AtomicBool);

#[test]
fn nobody_notices_whoever_means_harm() {
    let target = Target::start();
    let started = Instant::now();
    let slow_heads: Harm =
        |target, stop| slow(target, stop, b"POST /validate HTTP/1.1\r\n", b"X-More: and more\r\n");
    let harms: [(&str, Harm); 9] = [
        ("idle connections", idle),
        ("idle connections behind TLS", idle_behind_tls),
        ("slow heads", slow_heads),
        ("slow bodies", slow_bodies),
        ("half-open connections", half_open),
        ("handshakes", handshakes),
        ("malformed TLS", malformed),
        ("objects of 3 MiB", large_objects),
        ("HTTP/2", http2),
    ];
    for (what, harm) in harms {
        target.serves_during(what, SECONDS, |stop| harm(&target, stop));
    }
    assert!(target.gate.is_ready());
    println!("{:?} in all", started.elapsed());
}
