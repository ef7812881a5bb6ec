//! Changes of AKO's configuration, and what becomes of the objects that depend on it.

use std::sync::Arc;
use std::time::Instant;

use ako_gate::decode::manifest;
use ako_gate::engine::Judge;
use ako_gate::facts::profile;
use ako_gate::model::{Operation, Request, Snapshot, Source, Stated, Stored};
use ako_gate::settings::{Door, Settings};
use serde_json::{Value, json};

use crate::support::door::Webhook;
use crate::webhook::reviews::{configuration, creation};

const ONE_FAMILY: &str = r#"[{"networkName":"net1","cidr":"192.0.2.0/24"}]"#;
const BOTH_FAMILIES: &str = r#"[{"networkName":"net1","cidr":"192.0.2.0/24","v6cidr":"2001:db8:64::/64"}]"#;

/// A cluster with AKO's configuration and this many dual-stack load balancers.
fn load_balancers(count: usize) -> Snapshot {
    let mut snapshot = Snapshot::complete();
    let mut objects = vec![before()];
    objects.extend((0..count).map(|number| {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "shop", "name": format!("lb-{number}")},
            "spec": {"type": "LoadBalancer", "ipFamilyPolicy": "RequireDualStack", "ipFamilies": ["IPv4", "IPv6"],
                "ports": [{"port": 80}]}})
    }));
    for object in &objects {
        snapshot.insert(stored(object));
    }
    snapshot
}

fn stored(object: &Value) -> Stored {
    let document = ako_gate::decode::json::parse(&object.to_string()).unwrap();
    manifest::object(document, "", None).unwrap()
}

fn before() -> Value {
    configuration(&json!({"ipFamily": "V4_V6", "cniPlugin": "antrea", "vipNetworkList": ONE_FAMILY}))
}

/// The same with IPv6 VIPs, and pools without IPv4.
fn after() -> Value {
    configuration(&json!({"ipFamily": "V6", "cniPlugin": "antrea", "vipNetworkList": BOTH_FAMILIES}))
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    for pair in ["ako=2.1.1", "akoCloud=CLOUD_VCENTER"] {
        settings.stated.state_pair(pair, Source::Settings).unwrap();
    }
    settings
}

/// The review of the change from [`before`] to [`after`].
fn change() -> Value {
    let mut review = creation(&after());
    review["request"]["operation"] = json!("UPDATE");
    review["request"]["oldObject"] = before();
    review
}

#[tokio::test]
async fn a_change_of_the_configuration_is_answered_with_what_becomes_of_vips_and_pools() {
    let webhook = Webhook::new(load_balancers(3), settings(), true);
    let warnings = webhook.review(&change()).await.warnings();
    let summary = "ako/change-of-vips-and-pools: data: 3 VIPs change; pools: 3 lose a family";
    assert!(warnings.iter().any(|warning| warning == summary), "{warnings:?}");
    assert!(warnings.iter().all(|warning| warning.chars().count() <= 120), "{warnings:?}");
}

/// Changes that concern many objects take turns, so that others are answered meanwhile; no change waits for longer than
/// the API server does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_that_come_at_once_are_all_answered_in_time() {
    const AT_ONCE: usize = 8;
    let webhook = Webhook::new(load_balancers(3000), settings(), true);
    let (change, started) = (change(), Instant::now());
    let asked = (0..AT_ONCE).map(|_| {
        let (webhook, change) = (Webhook { gate: Arc::clone(&webhook.gate) }, change.clone());
        tokio::spawn(async move { (webhook.review(&change).await.warnings(), started.elapsed()) })
    });
    for asked in asked.collect::<Vec<_>>() {
        let (warnings, took) = asked.await.unwrap();
        let told =
            warnings.iter().find(|warning| warning.starts_with("ako/change-of-vips-and-pools: data: "));
        assert!(told.is_some_and(|told| told.contains(" VIPs change; pools: ")), "{warnings:?}");
        assert!(took.as_secs() < 3, "the API server waits 3 seconds: {took:?}");
    }
}

#[test]
fn when_time_runs_out_the_summary_says_at_least() {
    let snapshot = load_balancers(300);
    let mut stated = Stated::default();
    for pair in ["ako=2.1.1", "akoCloud=CLOUD_VCENTER"] {
        stated.state_pair(pair, Source::Settings).unwrap();
    }
    let (old, new) = (stored(&before()), stored(&after()));
    let operation = Operation::Update;
    let request = Request { old: Some(old.object()), operation, ..Request::create(new.object()) };
    let profile = profile::resolve(&stated, &snapshot, Some(new.object()));
    let settings = Settings::default();
    let said = |within_budget: &dyn Fn() -> bool| {
        let judge = Judge {
            snapshot: &snapshot,
            profile: &profile,
            settings: &settings,
            today: jiff::civil::date(2026, 1, 1),
            door: Door::Webhook,
            within_budget,
            explain: false,
        };
        let verdict = judge.judge(&request);
        let mut found = verdict.findings.iter();
        let told = found.find(|judged| judged.finding.rule == "ako/change-of-vips-and-pools");
        told.unwrap_or_else(|| panic!("{verdict:?}")).finding.message.clone()
    };
    assert_eq!(said(&|| true), "300 VIPs change; pools: 300 lose a family");
    assert_eq!(said(&|| false), "at least 15 VIPs change; pools: 15 lose a family");
}
