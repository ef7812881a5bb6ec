//! Reviews through an API server at a steady rate, each answer compared with what it must be. For cluster-test.sh.
//!
//! `load run UNTIL RATE` sends dry runs with the current kubeconfig until the file `UNTIL` exists, and prints how many
//! there were, how many were answered wrongly, how many passed or were blocked since nobody answered, and how long they
//! took. `load due-authority` prints a Secret of the gate with a CA whose time is over, so that gates make another.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a tool of tests ends at the first surprise and prints"
)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ako_gate::webhook::authority::Authority;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use k8s_openapi::api::core::v1::Service;
use kube::Client;
use kube::api::{Api, PostParams};
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior};

/// The rule that refuses every second review.
const RULE: &str = "ako/ipv6-vip-on-load-balancer";
const DAY: Duration = Duration::from_hours(24);

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["run", until, rate] => run(until.into(), rate.parse().unwrap()).await,
        ["due-authority"] => {
            let authority = Authority::new(SystemTime::now() - 300 * DAY, 365 * DAY).unwrap();
            let secret = json!({
                "apiVersion": "v1", "kind": "Secret",
                "metadata": {"name": "ako-gate-ca", "namespace": "ako-gate-system"},
                "stringData": {"ca.crt": authority.certificate_pem(), "ca.key": authority.key_pem()},
            });
            println!("{secret}");
        }
        _ => println!("usage: load run UNTIL RATE | load due-authority"),
    }
}

/// How a review ended.
enum Outcome {
    Right,
    /// What must be refused passed, for nobody was asked.
    LetPass,
    /// The API server refused for want of an answer.
    Blocked,
    /// Something else; what.
    Wrong(String),
}

fn service(family: &str, number: u64) -> Service {
    let service = json!({
        "metadata": {"name": format!("load-{number}"), "namespace": "default"},
        "spec": {"type": "LoadBalancer", "ipFamilies": [family], "ipFamilyPolicy": "SingleStack", "ports": [{"port": 80}]},
    });
    serde_json::from_value(service).unwrap()
}

/// Every second review must be refused by name, the others must pass.
async fn review(api: Api<Service>, number: u64) -> (Outcome, Duration, Duration) {
    let is_refused = number.is_multiple_of(2);
    let service = service(if is_refused { "IPv6" } else { "IPv4" }, number);
    let (begun, at) = (Instant::now(), SystemTime::now());
    let answer = api.create(&PostParams { dry_run: true, ..PostParams::default() }, &service).await;
    let outcome = match answer {
        Ok(_) if is_refused => Outcome::LetPass,
        Ok(_) => Outcome::Right,
        Err(kube::Error::Api(status)) if is_refused && status.message.contains(RULE) => Outcome::Right,
        Err(kube::Error::Api(status)) if status.message.contains("failed calling webhook") => {
            Outcome::Blocked
        }
        Err(error) => Outcome::Wrong(error.to_string()),
    };
    (outcome, begun.elapsed(), at.duration_since(SystemTime::UNIX_EPOCH).unwrap())
}

async fn run(until: PathBuf, rate: u64) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let api: Arc<Api<Service>> = Arc::new(Api::namespaced(Client::try_default().await.unwrap(), "default"));
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / u32::try_from(rate).unwrap());
    // a machine that stood still sends later what it has missed
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let begun = Instant::now();
    let (mut took, mut wrong, mut number) = (Vec::new(), Vec::new(), 0);
    let (mut let_pass, mut blocked, mut unanswered) = (0, 0, Vec::new());
    let mut open = FuturesUnordered::new();
    let mut note = |(outcome, elapsed, at): (Outcome, Duration, Duration)| {
        took.push(elapsed);
        match outcome {
            Outcome::Right => return,
            Outcome::LetPass => let_pass += 1,
            Outcome::Blocked => blocked += 1,
            Outcome::Wrong(what) => return wrong.push(what),
        }
        unanswered.push(at);
    };
    let mut is_over = false;
    while !is_over || !open.is_empty() {
        tokio::select! {
            _ = ticks.tick(), if !is_over => {
                open.push(tokio::spawn(review(Api::clone(&api), number)));
                number += 1;
                is_over = number.is_multiple_of(rate) && until.exists();
            }
            Some(done) = open.next() => note(done.unwrap()),
        }
    }
    took.sort_unstable();
    let of_a_hundred = |part: usize| took[(took.len() - 1) * part / 100].as_millis();
    println!(
        "{} reviews in {:.0} s: {} wrong, {} let pass, {} blocked; ms: median {}, p99 {}, longest {}",
        took.len(),
        begun.elapsed().as_secs_f64(),
        wrong.len(),
        let_pass,
        blocked,
        of_a_hundred(50),
        of_a_hundred(99),
        of_a_hundred(100),
    );
    if let (Some(first), Some(last)) = (unanswered.first(), unanswered.last()) {
        println!("not answered from {:.1} to {:.1}", first.as_secs_f64(), last.as_secs_f64());
    }
    wrong.iter().take(3).for_each(|what| println!("wrong: {what}"));
}
