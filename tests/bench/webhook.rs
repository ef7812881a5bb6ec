//! What the whole webhook costs: server CPU per request over kept-alive TLS 1.3 on loopback, beside that of a
//! baseline with the same accept loop, TLS and body limits that allows without looking. Also its memory when idle.
//!
//! Each server is a child process, so that its CPU is told from that of the load; rounds of the two take turns, so
//! that whatever else the machine does meets both.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at the first surprise and prints"
)]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use std::{env, fs, thread};

use ako_gate::process::logging;
use ako_gate::process::metrics::Metrics;
use ako_gate::process::world::Current;
use ako_gate::webhook::authority::{Authority, Lives};
use ako_gate::webhook::certificate::{NAMES, Served};
use ako_gate::webhook::handler::Gate;
use ako_gate::webhook::server::{self, Ending};
use ako_gate::webhook::{router, tls};
use axum::Router;
use axum::extract::Request;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::post;
use http_body_util::{BodyExt, Limited};
use jiff::Timestamp;
use jiff::tz::Offset;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use support::{reviews, settings, snapshot};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

const CONNECTIONS: usize = 4;
const WARM_UP: usize = 1000;
const REQUESTS: usize = 20_000;
const PAIRS: usize = 11;
const GOAL_RATIO: f64 = 2.0;
const GOAL_IDLE_KIB: u64 = 20 << 10;

fn main() {
    match env::args().nth(1).as_deref() {
        Some("serve-baseline") => serve(baseline()),
        Some("serve-gate") => serve(gate()),
        _ => measure(),
    }
}

// === the servers ===

/// The least a webhook can do: read the body within the gate's limits, allow.
fn baseline() -> Router {
    const ALLOWED: &str = r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"31ae36f0-7212-457d-944c-ac8688280e38","allowed":true}}"#;
    let allow = async |request: Request| {
        let body = Limited::new(request.into_body(), 8 << 20).collect();
        tokio::time::timeout(Duration::from_secs(5), body).await.unwrap().unwrap().to_bytes();
        ([(header::CONTENT_TYPE, "application/json")], ALLOWED).into_response()
    };
    Router::new().route("/validate", post(allow))
}

fn gate() -> Router {
    logging::start(false);
    let current = Arc::new(Current::new(snapshot(), settings(), true));
    let today = || Offset::UTC.to_datetime(Timestamp::now()).date();
    router::router(Arc::new(Gate { current, metrics: Arc::new(Metrics::default()), today }))
}

/// Serves until standard input ends; says on standard output where, and whom to trust.
fn serve(router: Router) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let issued = Authority::new(SystemTime::now(), Lives::default().authority).unwrap();
        let names = NAMES.map(str::to_owned);
        let leaf = issued.issue(&names, SystemTime::now(), Lives::default().leaf).unwrap();
        let tls = Arc::new(tls::config(Served::new(leaf.key)).unwrap());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}\n{}", listener.local_addr().unwrap(), issued.certificate_pem());
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        thread::spawn(move || {
            let _ = std::io::stdin().read(&mut [0]);
            stop.cancel();
        });
        server::serve(
            listener,
            TlsAcceptor::from(tls),
            router,
            Ending { stop: stopped, ..Ending::default() },
        )
        .await;
    });
}

// === the load ===

/// A child process that ends with its handle, whatever happens.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.0.id())).unwrap()
    }

    /// CPU time used so far, in clock ticks of 10 ms.
    fn cpu_ticks(&self) -> u64 {
        let stat = self.proc("stat");
        let fields = stat.rsplit(')').next().unwrap();
        fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
    }

    fn resident_kib(&self) -> u64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches("kB").trim().parse().unwrap()
    }
}

type Connection = BufReader<StreamOwned<ClientConnection, TcpStream>>;

struct Server {
    process: Process,
    connections: Vec<Connection>,
}

impl Server {
    fn start(name: &str) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.arg(name).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = Process(command.spawn().unwrap());
        let mut said = BufReader::new(process.0.stdout.take().unwrap()).lines().map(Result::unwrap);
        let address: SocketAddr = said.next().unwrap().parse().unwrap();
        let pem: String = said.map(|line| line + "\n").take_while(|line| line != "\n").collect();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap();
        let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
        let connect = |_| {
            let stream = TcpStream::connect(address).unwrap();
            stream.set_nodelay(true).unwrap();
            let tls = ClientConnection::new(Arc::clone(&config), NAMES[0].try_into().unwrap()).unwrap();
            BufReader::new(StreamOwned::new(tls, stream))
        };
        Self { connections: (0..CONNECTIONS).map(connect).collect(), process }
    }

    /// Sends `count` requests over all connections.
    fn load(&mut self, requests: &[Vec<u8>], count: usize) {
        thread::scope(|scope| {
            for (first, connection) in self.connections.iter_mut().enumerate() {
                let requests = requests.iter().cycle().skip(first).take(count / CONNECTIONS);
                scope.spawn(move || requests.for_each(|request| exchange(connection, request)));
            }
        });
    }

    /// CPU per request, in microseconds.
    fn round(&mut self, requests: &[Vec<u8>]) -> f64 {
        self.load(requests, WARM_UP);
        let before = self.process.cpu_ticks();
        self.load(requests, REQUESTS);
        let ticks = u32::try_from(self.process.cpu_ticks() - before).unwrap();
        f64::from(ticks) * 10_000.0 / f64::from(u32::try_from(REQUESTS).unwrap())
    }
}

/// Sends a request and reads its answer.
fn exchange(connection: &mut Connection, request: &[u8]) {
    connection.get_mut().write_all(request).unwrap();
    let (mut line, mut length) = (String::new(), 0);
    connection.read_line(&mut line).unwrap();
    assert_eq!(line, "HTTP/1.1 200 OK\r\n");
    while line != "\r\n" {
        line.clear();
        assert_ne!(connection.read_line(&mut line).unwrap(), 0, "the server hung up");
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim_end().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).unwrap();
    assert!(body.starts_with(b"{\"apiVersion\":\"admission.k8s.io/"));
}

/// A review as the API server posts it.
fn http(body: &str) -> Vec<u8> {
    let head = [
        "POST /validate?timeout=5s HTTP/1.1",
        "Host: ako-gate.ako-gate-system.svc:443",
        "User-Agent: kube-apiserver-admission",
        &format!("Content-Length: {}", body.len()),
        "Accept: application/json, */*",
        "Content-Type: application/json",
        "Accept-Encoding: gzip",
    ];
    format!("{}\r\n\r\n{body}", head.join("\r\n")).into_bytes()
}

// === the figures ===

fn measure() {
    idle();
    let (mut baseline, mut gate) = (Server::start("serve-baseline"), Server::start("serve-gate"));
    println!("webhook: server CPU per request over TLS 1.3, in us; {PAIRS} pairs of {REQUESTS} requests");
    let mixes = [("CREATE", None), ("CREATE", Some("Service")), ("UPDATE", None)];
    for (operation, kind) in mixes {
        let requests: Vec<Vec<u8>> = reviews(operation, kind).iter().map(|body| http(body)).collect();
        let pairs = (0..PAIRS).map(|_| (baseline.round(&requests), gate.round(&requests)));
        let (mut without, mut with): (Vec<f64>, Vec<f64>) = pairs.unzip();
        println!("{operation} of {} ({} recorded reviews)", kind.unwrap_or("every kind"), requests.len());
        let (without, with) = (print("baseline", &mut without), print("ako-gate", &mut with));
        println!("  ratio     {:.2}, goal {GOAL_RATIO:.2}", with / without);
    }
}

/// Prints the spread of some figures and returns their median.
fn print(name: &str, figures: &mut [f64]) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    let median = figures[figures.len() / 2];
    println!("  {name}  min {:.1}  median {median:.1}  max {:.1}", figures[0], figures[figures.len() - 1]);
    median
}

/// Memory of the real binary that has nothing to do.
fn idle() {
    // two ports that are free now, and most likely still are when the gate binds them
    let free = [0, 0].map(|port| TcpListener::bind(("127.0.0.1", port)).unwrap());
    let [listen, admin] = free.map(|listener| listener.local_addr().unwrap().to_string());
    let mut command = Command::new(env!("CARGO_BIN_EXE_ako-gate"));
    command.args(["serve", "--standalone", "--listen", &listen, "--admin-listen", &admin]);
    let process = Process(command.stderr(Stdio::null()).spawn().unwrap());
    let ready = (0..100).any(|_| {
        thread::sleep(Duration::from_millis(100));
        is_ready(&admin).unwrap_or(false)
    });
    assert!(ready, "the gate did not become ready");
    println!("idle: {} KiB resident, goal {GOAL_IDLE_KIB}", process.resident_kib());
}

fn is_ready(admin: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(admin)?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200"))
}
