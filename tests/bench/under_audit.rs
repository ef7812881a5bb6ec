//! How long reviews take while everything is judged again: a process of its own serves the real webhook over TLS with
//! the whole cluster in memory, and carries out passes as the leader does. Requests are sent at fixed times over
//! connections that are kept, and timed from then: one that waits for another counts as late.

#[allow(dead_code, unreachable_pub, reason = "shared with the tests, which use more of it")]
#[path = "../support/tls.rs"]
mod tls;

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};
use std::{env, thread};

use ako_gate::model::Kind;
use ako_gate::process::metrics::Metrics;
use ako_gate::process::world::Current;
use ako_gate::reconcile::audit;
use ako_gate::reconcile::ledger::Ledger;
use ako_gate::reconcile::store::Store;
use ako_gate::reconcile::touched::Touched;
use ako_gate::webhook::authority::{Authority, Lives};
use ako_gate::webhook::certificate::{NAMES, Served};
use ako_gate::webhook::handler::Gate;
use ako_gate::webhook::server::{self, Ending};
use ako_gate::webhook::{router, tls as webhook_tls};
use jiff::Timestamp;
use rustls::ClientConfig;
use serde_json::{Value, json};
use tls::{Connection, head, usual_client};
use tokio::task::spawn_blocking;
use tokio_rustls::TlsAcceptor;

use crate::objects::{applied, config, empty_store, fill, service, settings};

const CONNECTIONS: u32 = 4;
/// How often each connection asks.
const EVERY: Duration = Duration::from_millis(10);
const PASSES: usize = 6;
const GOAL: Duration = Duration::from_millis(5);

// === the server ===

/// Serves until standard input ends; says on standard output where and whom to trust, and carries out what standard
/// input asks for.
pub(crate) fn serve() {
    let mut store = empty_store();
    fill(&mut store, &mut |_, _, _| {});
    let (snapshot, complete) = store.snapshot();
    let current = Arc::new(Current::new(snapshot, settings(), complete));
    let metrics = Arc::new(Metrics::default());
    let gate = Gate { current: Arc::clone(&current), metrics, today: || jiff::civil::date(2026, 1, 1) };
    let issued = Authority::new(SystemTime::now(), Lives::default().authority).unwrap();
    let names = NAMES.map(str::to_owned);
    let leaf = issued.issue(&names, SystemTime::now(), Lives::default().leaf).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let tls = Arc::new(webhook_tls::config(Served::new(leaf.key)).unwrap());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}\n{}", listener.local_addr().unwrap(), issued.certificate_pem());
        let ending = Ending::default();
        let served = tokio::spawn(server::serve(
            listener,
            TlsAcceptor::from(tls),
            router::router(Arc::new(gate)),
            ending.clone(),
        ));
        let mut ledger = Ledger::default();
        while let Some(family) = spawn_blocking(asked).await.unwrap() {
            let started = Instant::now();
            ledger = pass(&mut store, &current, ledger, &family).await;
            println!("{} {}", started.elapsed().as_millis(), ledger.len());
        }
        ending.stop.cancel();
        served.await.unwrap();
    });
}

/// What standard input asks for next; nothing when it has ended.
fn asked() -> Option<String> {
    let mut line = String::new();
    let bytes = std::io::stdin().read_line(&mut line).unwrap();
    (bytes > 0).then(|| line.trim_end().to_owned())
}

/// Takes in another configuration, and judges everything as the leader does.
async fn pass(store: &mut Store, current: &Arc<Current>, mut ledger: Ledger, family: &str) -> Ledger {
    store.apply(applied(Kind::ConfigMap, &config(family)));
    let (snapshot, complete) = store.snapshot();
    current.set_snapshot(snapshot, complete);
    let world = current.load_full();
    let found = spawn_blocking(move || (Touched::everything().objects(&world.snapshot, &ledger), ledger));
    let (mut subjects, known) = found.await.unwrap();
    ledger = known;
    while !subjects.is_empty() {
        let slice = subjects.split_off(subjects.len().saturating_sub(audit::SLICE));
        let current = Arc::clone(current);
        let settled = spawn_blocking(move || {
            audit::settle(&current.load(), slice, &mut ledger, Timestamp::now());
            ledger
        });
        ledger = settled.await.unwrap();
        tokio::time::sleep(audit::REST).await;
    }
    ledger
}

// === the load ===

struct Server {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    address: SocketAddr,
    client: Arc<ClientConfig>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    fn start() -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        let mut process = command.arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let mut output = BufReader::new(output);
        let address = line(&mut output).parse().unwrap();
        let lines = std::iter::from_fn(|| Some(line(&mut output)).filter(|line| !line.is_empty()));
        let pem: Vec<String> = lines.collect();
        Self { process, input, output, address, client: usual_client(&pem.join("\n")) }
    }

    fn connect(&self) -> Connection {
        Connection::open(self.address, NAMES[0], &self.client).unwrap()
    }

    /// Asks about Services at fixed times while `during` runs; how long the answers took, sorted.
    fn reviews(&mut self, during: impl FnOnce(&mut Self)) -> Vec<Duration> {
        let request = request(&review("Service", &service(1, false), None));
        let stop = AtomicBool::new(false);
        let mut took: Vec<Duration> = thread::scope(|scope| {
            let load = |number| {
                let (connection, request, stop) = (self.connect(), &request, &stop);
                let start = Instant::now() + EVERY * number / CONNECTIONS;
                scope.spawn(move || load(connection, start, request, stop))
            };
            let loads: Vec<_> = (0..CONNECTIONS).map(load).collect();
            let stopped = Stop(&stop);
            during(self);
            drop(stopped);
            loads.into_iter().flat_map(|load| load.join().unwrap()).collect()
        });
        took.sort_unstable();
        took
    }

    /// Has everything judged with another configuration; what the server says about it.
    fn pass(&mut self, family: &str) -> String {
        writeln!(self.input, "{family}").unwrap();
        line(&mut self.output)
    }

    /// Asks whether the configuration may be changed, which looks at everything that depends on it; how long that took,
    /// and what the change would break.
    fn change(&self) -> String {
        let old: Value = serde_json::from_str(&config("V4")).unwrap();
        let mut connection = self.connect();
        let asked = Instant::now();
        connection.send(&request(&review("ConfigMap", &config("V6"), Some(&old))));
        let answer = connection.answer().unwrap();
        let took = asked.elapsed().as_millis();
        let (_, broken) = answer.body.split_once("would break ").unwrap();
        format!("{took} ms: {}", broken.split(" (").next().unwrap())
    }
}

/// Ends the load, however the measurement ends.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn line(output: &mut impl BufRead) -> String {
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

fn load(mut connection: Connection, start: Instant, request: &[u8], stop: &AtomicBool) -> Vec<Duration> {
    let (mut took, mut due) = (Vec::new(), start);
    while !stop.load(Ordering::Relaxed) {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        connection.send(request);
        assert_eq!(connection.answer().unwrap().status, 200);
        took.push(due.elapsed());
        due += EVERY;
    }
    took
}

/// A review of an object as the API server posts it.
fn review(kind: &str, object: &str, old: Option<&Value>) -> String {
    let object: Value = serde_json::from_str(object).unwrap();
    let metadata = &object["metadata"];
    let operation = if old.is_some() { "UPDATE" } else { "CREATE" };
    let request = json!({
        "uid": "31ae36f0-7212-457d-944c-ac8688280e38", "kind": {"group": "", "version": "v1", "kind": kind},
        "name": metadata["name"], "namespace": metadata["namespace"], "operation": operation,
        "userInfo": {"username": "kubernetes-admin"}, "object": object, "oldObject": old, "dryRun": false,
    });
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}).to_string()
}

fn request(body: &str) -> Vec<u8> {
    // in one piece: a second packet would wait for the first to be acknowledged
    [head(body.len()).as_bytes(), body.as_bytes()].concat()
}

// === the figures ===

pub(crate) fn measure() {
    let mut server = Server::start();
    println!(
        "webhook meanwhile: {CONNECTIONS} connections, a review every {EVERY:?} on each; goal for p99: {GOAL:?}"
    );
    print("nothing else to do", &server.reviews(|_| thread::sleep(Duration::from_secs(10))));
    let mut said = Vec::new();
    let families = ["V6", "V4"];
    let took = server.reviews(|server| {
        said = families.iter().cycle().take(PASSES).map(|family| server.pass(family)).collect();
    });
    print("a configuration change is audited", &took);
    println!("  passes took, in ms, with findings: {}", said.join(", "));
    for (name, at_once) in [("one after another", 1), ("three at a time", 3)] {
        let took = server.reviews(|server| said = changes(server, at_once));
        print(&format!("changes are reviewed, {name}"), &took);
        println!("  {}", said[0]);
    }
}

/// What is said of changes of the configuration that are reviewed so many at a time.
fn changes(server: &Server, at_once: usize) -> Vec<String> {
    let change = |_| server.change();
    let rounds = (0..PASSES).map(|_| {
        thread::scope(|scope| {
            let asked: Vec<_> = (0..at_once).map(|number| scope.spawn(move || change(number))).collect();
            asked.into_iter().map(|asked| asked.join().unwrap()).collect::<Vec<_>>()
        })
    });
    rounds.flatten().collect()
}

fn print(name: &str, took: &[Duration]) {
    let at = |part: usize| took[(took.len() - 1) * part / 1000];
    println!(
        "  {name:<36} median {:?}, p99 {:?}, p99.9 {:?}, longest {:?} of {}",
        at(500),
        at(990),
        at(999),
        at(1000),
        took.len()
    );
}
