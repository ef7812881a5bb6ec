//! What auditing a large cluster costs: CPU to decode and store what watches bring, bytes per object, CPU to judge
//! everything, the time until one change is judged again, and how long reviews take meanwhile.
//!
//! The objects look as an API server sends them, managed fields included; no API server takes part.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at the first surprise and prints"
)]

mod objects;
mod under_audit;

use std::hint::black_box;
use std::time::Instant;
use std::{env, fs};

use ako_gate::model::Kind;
use ako_gate::process::world::Current;
use ako_gate::reconcile::audit;
use ako_gate::reconcile::ledger::Ledger;
use ako_gate::reconcile::store::Store;
use ako_gate::reconcile::touched::Touched;
use jiff::Timestamp;
use objects::{
    CONFIG, INGRESSES, NODES, SERVICES, SLICES, applied, config, empty_store, fill, service, settings,
};

const CHANGES: usize = 1001;
const GOAL_MIB: u64 = 400;

fn main() {
    if env::args().nth(1).as_deref() == Some("serve") {
        under_audit::serve();
    } else {
        measure();
        under_audit::measure();
    }
}

fn measure() {
    println!("audit: {SERVICES} Services, {SLICES} EndpointSlices, {INGRESSES} Ingresses, {NODES} Nodes");
    let start = kib("VmRSS");
    let mut store = empty_store();
    let mut before = (0, 0);
    fill(&mut store, &mut |kind, count, generating| match generating {
        None => before = (cpu_ms(), kib("VmRSS")),
        Some(ms) if count > 1 => {
            let (ms, kib) = ((cpu_ms() - before.0).saturating_sub(ms), kib("VmRSS").saturating_sub(before.1));
            let (kind, bytes) = (kind.name(), kib * 1024 / u64::try_from(count).unwrap());
            println!("{kind:<16}{count:>8}: {ms:>6} ms of CPU to decode and store, {bytes:>5} bytes each");
        }
        Some(_) => {}
    });

    let mut ledger = Ledger::default();
    let (snapshot, complete) = store.snapshot();
    let current = Current::new(snapshot, settings(), complete);
    let everything = Touched::everything();
    println!("{:<34}{:>10}{:>12}{:>10}{:>10}", "judge", "ms of CPU", "findings", "MiB", "peak");
    for (what, family) in [("everything", "V4"), ("everything again", "V4"), ("another configuration", "V6")]
    {
        store.apply(applied(Kind::ConfigMap, &config(family)));
        let before = cpu_ms();
        pass(&store, &current, &everything, &mut ledger);
        let [now, peak] = ["VmRSS", "VmHWM"].map(|name| (kib(name) - start) >> 10);
        println!("{what:<34}{:>10}{:>12}{now:>10}{peak:>10}", cpu_ms() - before, ledger.len());
    }
    println!("memory in all, at its peak: goal {GOAL_MIB} MiB");
    store.apply(applied(Kind::ConfigMap, CONFIG));
    pass(&store, &current, &everything, &mut ledger);
    store.take_touched();

    // a whole change: decoded, stored, the snapshot put in place, what it touches judged
    let mut times: Vec<u128> = (0..CHANGES)
        .map(|change| {
            let text = service(change * 97 % SERVICES, change % 2 == 0);
            let started = Instant::now();
            store.apply(applied(Kind::Service, &text));
            let touched = store.take_touched();
            pass(&store, &current, &touched, &mut ledger);
            started.elapsed().as_micros()
        })
        .collect();
    times.sort_unstable();
    println!(
        "one changed Service, stored and judged: median {} us, p99 {} us (goal 1000)",
        times[CHANGES / 2],
        times[CHANGES * 99 / 100]
    );
}

/// Puts what the store holds in place and judges what was touched, slice by slice.
fn pass(store: &Store, current: &Current, touched: &Touched, ledger: &mut Ledger) {
    let (snapshot, complete) = store.snapshot();
    current.set_snapshot(snapshot, complete);
    let mut subjects = touched.objects(&current.load().snapshot, ledger);
    while !subjects.is_empty() {
        let slice = subjects.split_off(subjects.len().saturating_sub(audit::SLICE));
        black_box(audit::settle(&current.load(), slice, ledger, Timestamp::now()));
    }
}

/// A figure about this process's memory.
fn kib(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}

/// CPU time used so far, in milliseconds.
fn cpu_ms() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit(')').next().unwrap();
    10 * fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum::<u64>()
}
