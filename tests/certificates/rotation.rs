//! Leaves and CAs that change while clients connect.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ako_gate::webhook::authority::Lives;
use ako_gate::webhook::ca_bundle;
use ako_gate::webhook::certificate::Validity;
use kube::Client;
use tokio::join;

use super::replica::{Clock, DAY, Replica, agreed, bundle, client, eventually, newest, plane, trusting};
use crate::support::control_plane::is_left_out;
use crate::support::tls::Connection;

/// How long a CA is in the caBundle before what it issued is served: who connects sooner after reading that must trust what
/// is shown.
const SETTLE: Duration = Duration::from_millis(600);

/// Reads the caBundle and connects to every replica, again and again: what is shown must be trusted each time.
async fn watch_over(client: Client, clock: Clock, at: Vec<SocketAddr>, stop: Arc<AtomicBool>) -> usize {
    let mut looks = 0;
    while !stop.load(Ordering::Relaxed) {
        let before = clock.now();
        let bundle = bundle(&client).await;
        for address in &at {
            let shown = Connection::open(*address, "127.0.0.1", &trusting(&bundle, &clock));
            // a clock that was moved in between says nothing about the gate
            let passed = clock.now().duration_since(before).unwrap_or_default();
            if let (Err(error), true) = (shown, passed < SETTLE) {
                panic!("an untrusted chain: {error}");
            }
            looks += 1;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    looks
}

/// Two replicas share a clock that is moved on: leaves and CAs change, and at no time is one shown that the caBundle
/// of that time does not trust.
#[tokio::test(flavor = "multi_thread")]
async fn certificates_change_without_a_moment_of_distrust() {
    if is_left_out() {
        return;
    }
    let plane = plane();
    let client = client(&plane.gate_kubeconfig()).await;
    let clock = Clock::default();
    let (one, two) =
        (Replica::start(&client, &clock, SETTLE).await, Replica::start(&client, &clock, SETTLE).await);
    let both = [&one, &two];
    agreed(&client, &clock, &both, 1).await;
    let lives = Lives::default();
    assert_eq!((lives.leaf.as_secs() / DAY, lives.authority.as_secs() / DAY), (30, 365));

    let stop = Arc::new(AtomicBool::new(false));
    let at = vec![one.address, two.address];
    let watcher = tokio::spawn(watch_over(client.clone(), clock.clone(), at, Arc::clone(&stop)));

    // two thirds of a leaf's life
    let first = bundle(&client).await;
    let shown = both.map(|replica| replica.shows(&first, &clock).unwrap());
    clock.ahead(21);
    eventually("new leaves", async || {
        both.iter()
            .zip(&shown)
            .all(|(replica, old)| replica.shows(&first, &clock).is_ok_and(|new| new != *old))
    })
    .await;
    assert_eq!(bundle(&client).await, first, "of the same CA");

    // a CA has two thirds of a year; leaves are renewed on the way
    for round in 0..3 {
        let before = newest(&bundle(&client).await);
        let mut days = 0;
        while newest(&bundle(&client).await) == before {
            clock.ahead(5);
            days += 5;
            assert!(days < 260, "no new CA after {days} days");
            join!(one.looked(), two.looked());
        }
        assert!(days > 150, "{days}: too early");
        agreed(&client, &clock, &both, 2).await;
        eventually("leaves of the new CA", async || {
            let new_alone = bundle(&client).await;
            let new_alone =
                new_alone.split_inclusive("-----END CERTIFICATE-----\n").next().unwrap().to_owned();
            both.iter().all(|replica| replica.shows(&new_alone, &clock).is_ok())
        })
        .await;
        for _ in 0..7 {
            clock.ahead(5);
            join!(one.looked(), two.looked());
        }
        agreed(&client, &clock, &both, 1).await;
        assert_ne!(newest(&bundle(&client).await), before, "round {round}");
    }
    stop.store(true, Ordering::Relaxed);
    let looks = watcher.await.unwrap();
    assert!(looks > 100, "{looks}");

    // a clock that jumps, forward and back
    clock.ahead(1000);
    agreed(&client, &clock, &both, 1).await;
    clock.behind(900);
    eventually("a CA of the time there is now", async || {
        let bundle = bundle(&client).await;
        let validity = Validity::of(&ca_bundle::certificates(&bundle)[0].0).unwrap();
        validity.holds(clock.now()) && both.iter().all(|replica| replica.shows(&bundle, &clock).is_ok())
    })
    .await;
    one.keeper.abort();
    two.keeper.abort();
}
