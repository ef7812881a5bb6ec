//! A span for each review, as a collector gets it.
#![cfg(feature = "otlp")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;
use support::review;
use support::running::Running;
use support::tls::{Authority, Connection, head, usual_client};
use tempfile::TempDir;

/// A span of an API server, as the header `traceparent` names it.
const TRACE: [u8; 16] = [0x4b; 16];
const PARENT: [u8; 8] = [0x5c; 8];

/// The path and body of each request that a collector gets.
fn collector() -> (String, mpsc::Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let (mut line, mut path, mut length) = (String::new(), String::new(), 0);
            while reader.read_line(&mut line).unwrap_or(0) > 2 {
                let lower = line.to_ascii_lowercase();
                if let Some(rest) = line.strip_prefix("POST ") {
                    rest.split(' ').next().unwrap().clone_into(&mut path);
                } else if let Some(value) = lower.strip_prefix("content-length: ") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
            reader.get_mut().write_all(answer).unwrap();
            sender.send((path, body)).unwrap();
        }
    });
    (endpoint, receiver)
}

#[test]
fn a_review_is_a_span_within_that_of_the_api_server() {
    let (endpoint, received) = collector();
    let (authority, certificates) = (Authority::new(), TempDir::new().unwrap());
    authority.issue_to(certificates.path());
    // it would not send by itself in time: what is left at the end is sent then
    let variables =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "600000")];
    let arguments = ["--grace", "0"];
    let mut gate = Running::start_in("127.0.0.1", certificates.path(), &arguments, &variables);
    assert!(gate.log().contains("spans are sent to a collector"), "{}", gate.log());
    let mut review = review::numbered("26");
    review["request"]["object"]["data"]["ipFamily"] = json!("V9");
    let body = review.to_string();
    let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let parent = format!("\r\ntraceparent: 00-{}-{}-01\r\n\r\n", hex(&TRACE), hex(&PARENT));
    let mut connection = Connection::open(gate.https, "127.0.0.1", &usual_client(&authority.pem())).unwrap();
    connection.send(head(body.len()).replace("\r\n\r\n", &parent).as_bytes());
    connection.send(body.as_bytes());
    assert_eq!(connection.answer().unwrap().status, 200);
    drop(connection);
    gate.signal("TERM");
    assert_eq!(gate.wait(), Some(0), "{}", gate.log());

    let (path, sent) = received.recv_timeout(Duration::from_mins(1)).unwrap();
    assert_eq!(path, "/v1/traces");
    let uid = review["request"]["uid"].as_str().unwrap();
    let parts = [&b"ako-gate"[..], b"review", b"denied", b"CREATE", uid.as_bytes(), &TRACE, &PARENT];
    for part in parts {
        let is_there = sent.windows(part.len()).any(|window| window == part);
        assert!(is_there, "{:?} in {:?}", String::from_utf8_lossy(part), String::from_utf8_lossy(&sent));
    }
}
