//! What the webhook answers over HTTP, in memory: to reviews, to what is almost one, and to what is none.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::time::Instant;

use ako_gate::decode::manifest;
use ako_gate::engine::Judge;
use ako_gate::facts::profile;
use ako_gate::model::{Action, Operation, Request, Snapshot, Source, Stated, Stored};
use ako_gate::settings::{Door, Settings};
use axum::body::{Body, Bytes};
use axum::http::{self, Method};
use serde_json::{Value, json};
use support::door::{Reply, Webhook};
use support::{json, review};

const FOUNDING: &str = "profile: {ako: 1.9.3, akoCloud: CLOUD_VCENTER}\n";

fn webhook() -> Webhook {
    Webhook::with_settings(FOUNDING)
}

/// The review that creates `object`.
fn creation(object: &Value) -> Value {
    let mut review = review::numbered("26");
    review["request"]["object"] = object.clone();
    review
}

/// AKO's ConfigMap with this data.
fn configuration(data: &Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "avi-k8s-config", "namespace": "avi-system"},
        "data": data,
    })
}

/// A refusal of something that is no review: status, a line that says why, and no further request on that connection.
fn refused(reply: &Reply, status: u16, why: &str) {
    let text = String::from_utf8_lossy(&reply.body);
    assert_eq!(reply.status, status, "{text}");
    assert_eq!(reply.headers["connection"], "close");
    assert!(text.contains(why) && text.ends_with('\n'), "{text}");
}

#[tokio::test]
async fn what_has_no_uid_is_refused() {
    let webhook = webhook();
    let whole = review::numbered("26").to_string();
    let bodies: [(&[u8], &str); 11] = [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"not json", "not JSON"),
        (b"\xff\xfe{}", "not UTF-8"),
        (&whole.as_bytes()[..whole.len() / 2], "not JSON"),
        (b"{} {}", "not JSON"),
        (b"{}", "no request.uid"),
        (b"null", "no request.uid"),
        (br#"[{"request": {"uid": "a"}}]"#, "no request.uid"),
        (br#"{"request": {"uid": ""}}"#, "no request.uid"),
        (br#"{"request": {"uid": 7}}"#, "no request.uid"),
    ];
    for (body, why) in &bodies {
        refused(&webhook.post(body.to_vec()).await, 400, why);
    }
    assert_eq!(webhook.metric("ako_gate_http_refusals_total{status=\"400\"}"), bodies.len() as u64);
    assert!(!webhook.gate.metrics.encode().contains("ako_gate_admission_review_duration_seconds_count{"));
}

#[tokio::test]
async fn a_body_above_8_mib_is_refused() {
    let webhook = webhook();
    let body = vec![b' '; (8 << 20) + 1];
    refused(&webhook.post(body.clone()).await, 413, "8 MiB");
    let declared =
        http::Request::post("/validate").header("content-length", body.len()).body(Body::empty()).unwrap();
    refused(&webhook.send(declared).await, 413, "8 MiB");
    // without a length, the limit shows while the body is read
    let chunks = body.chunks(1 << 16).map(|chunk| Ok::<_, std::io::Error>(Bytes::copy_from_slice(chunk)));
    let stream = Body::from_stream(futures::stream::iter(chunks.collect::<Vec<_>>()));
    refused(&webhook.post(stream).await, 413, "8 MiB");
    assert_eq!(webhook.metric("ako_gate_http_refusals_total{status=\"413\"}"), 3);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let chunks = [Ok(Bytes::from_static(b"{\"request\"")), Err(std::io::Error::other("gone"))];
    let body = Body::from_stream(futures::stream::iter(chunks));
    refused(&webhook().post(body).await, 400, "did not arrive whole");
}

/// The API server takes requests of up to 3 MiB, and a review of an update carries the object twice.
#[tokio::test]
async fn the_largest_object_an_api_server_takes_is_judged_twice_over() {
    let padding = "x".repeat(3 << 20);
    let object = configuration(&json!({"ipFamily": "V6", "cniPlugin": "flannel", "padding": padding}));
    let mut review = creation(&object);
    review["request"]["operation"] = json!("UPDATE");
    review["request"]["oldObject"] = configuration(&json!({"padding": padding}));
    let body = review.to_string();
    assert!(body.len() > 6 << 20);
    let started = Instant::now();
    let response = webhook().post(body).await.response();
    assert_eq!(response["allowed"], false);
    assert!(started.elapsed().as_secs() < 3, "the API server waits 3 seconds: {:?}", started.elapsed());
}

/// Reviews that have a uid and cannot be judged, and the words that must tell why.
fn undecodable() -> Vec<(Value, &'static str)> {
    let broken = |pointer: &str, value: Option<Value>| {
        let mut review = review::numbered("26");
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = review.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value {
            Some(value) => parent.insert(key.to_owned(), value),
            None => parent.remove(key),
        };
        review
    };
    vec![
        (broken("/request/operation", None), "names no operation"),
        (broken("/request/operation", Some(json!("PATCH"))), "unknown operation"),
        (broken("/request/operation", Some(json!(1))), "names no operation"),
        (broken("/request/object", Some(json!("a string"))), "request.object is no object"),
        (broken("/request/object", Some(json!([1]))), "request.object is no object"),
        (broken("/request/object", Some(Value::Null)), "request.object is missing"),
        (broken("/request/object", None), "request.object is missing"),
        (broken("/request/oldObject", Some(json!(1))), "request.oldObject is no object"),
        (broken("/request/object/kind", None), "no apiVersion and kind"),
        (broken("/request/object/apiVersion", None), "no apiVersion and kind"),
    ]
}

#[tokio::test]
async fn what_cannot_be_decoded_is_allowed_with_a_warning() {
    let webhook = webhook();
    let reviews = undecodable();
    for (review, why) in &reviews {
        let reply = webhook.review(review).await;
        let response = reply.response();
        assert_eq!((&response["allowed"], &response["uid"]), (&json!(true), &review["request"]["uid"]));
        let warnings = reply.warnings();
        assert!(warnings.len() == 1 && warnings[0].contains(why), "{why}: {warnings:?}");
        assert!(response["auditAnnotations"]["undecided"].as_str().unwrap().contains(why), "{response}");
    }
    let counted = webhook.metric("ako_gate_admission_reviews_total{operation=\"\",verdict=\"undecided\"}");
    assert_eq!(counted, reviews.len() as u64);
}

#[tokio::test]
async fn what_cannot_be_decoded_is_denied_or_passed_in_silence_where_the_settings_say_so() {
    for (review, why) in undecodable() {
        let reply = Webhook::with_settings("webhook: {unknown: deny}\n").review(&review).await;
        let response = reply.response();
        assert_eq!(
            (&response["allowed"], &response["status"]["code"]),
            (&json!(false), &json!(403)),
            "{why}"
        );
        let message = response["status"]["message"].as_str().unwrap();
        assert!(message.contains(why) && message.contains("settings"), "{message}");
        assert!(reply.warnings().is_empty());

        let reply = Webhook::with_settings("webhook: {unknown: allow}\n").review(&review).await;
        assert_eq!(reply.response()["allowed"], true, "{why}");
        assert!(reply.warnings().is_empty());
    }
}

#[tokio::test]
async fn kinds_no_rule_knows_are_allowed_in_silence_and_counted() {
    let webhook = webhook();
    let unknown = "ako_gate_unknown_kinds_total";
    for review in [
        creation(&json!({"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"schedule": "@daily"}})),
        creation(&json!({"apiVersion": "serving.knative.dev/v1", "kind": "Service"})),
    ] {
        let before = webhook.metric(unknown);
        let response = webhook.review(&review).await.response();
        assert_eq!(response, json!({"uid": review["request"]["uid"], "allowed": true}));
        assert_eq!(webhook.metric(unknown), before + 1);
    }
    let known = creation(&configuration(&json!({})));
    webhook.review(&known).await;
    assert_eq!(webhook.metric(unknown), 2);
}

#[tokio::test]
async fn a_review_is_answered_in_its_own_version() {
    for (number, version) in [("26", "admission.k8s.io/v1"), ("27", "admission.k8s.io/v1beta1")] {
        let mut review = review::numbered(number);
        review["request"]["object"]["data"]["ipFamily"] = json!("V9");
        let reply = webhook().review(&review).await;
        let answer: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!((&answer["apiVersion"], &answer["kind"]), (&json!(version), &json!("AdmissionReview")));
        assert_eq!(answer["response"]["allowed"], false);
        assert_eq!(reply.headers["content-type"], "application/json");
    }
}

/// A configuration with many faults: two that deny at least, and some that only warn.
fn faulty() -> Value {
    configuration(&json!({
        "ipFamily": "V4_V6",
        "cniPlugin": "flannel",
        "controllerIP": "2001:db8::1",
        "serviceType": "NodePortLocal",
        "vipNetworkList": r#"[{"networkName":"a","v6cidr":"2001:db8::1"},{"networkName":"b","V6Cidr":"::/64"}]"#,
    }))
}

#[tokio::test]
async fn a_denial_lists_every_finding() {
    let webhook = webhook();
    let reply = webhook.review(&creation(&faulty())).await;
    let response = reply.response();
    let status = &response["status"];
    assert_eq!((&status["code"], &status["reason"]), (&json!(403), &json!("Forbidden")));
    let causes = status["details"]["causes"].as_array().unwrap();
    assert!(causes.len() >= 4, "{status:#}");
    let message = status["message"].as_str().unwrap();
    assert!(
        message.starts_with(&format!("{} problems with ConfigMap avi-system/avi-k8s-config:", causes.len())),
        "{message}"
    );
    for cause in causes {
        let [field, text] = ["field", "message"].map(|key| cause[key].as_str().unwrap());
        let (what, rule) = text.rsplit_once(" (").unwrap();
        assert!(cause["reason"].as_str().unwrap().starts_with("FieldValue"), "{cause}");
        for part in [field, what, &format!("rule: {}", rule.trim_end_matches(')'))] {
            assert!(message.contains(part), "{part:?} is not in {message}");
        }
    }
    let blocks = ["    why:  ", "    fix:  ", "    rule: "].map(|part| message.matches(part).count());
    assert_eq!(blocks, [causes.len(); 3], "each finding says why, what to do and which rule:\n{message}");
    assert_eq!(json::texts(status, "details.kind"), ["ConfigMap"]);
    assert_eq!(json::texts(status, "details.name"), ["avi-k8s-config"]);
    assert_eq!(
        webhook.metric("ako_gate_admission_reviews_total{operation=\"CREATE\",verdict=\"denied\"}"),
        1
    );
}

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

#[tokio::test]
async fn a_change_of_the_configuration_is_answered_with_what_becomes_of_vips_and_pools() {
    let mut settings = Settings::default();
    for pair in ["ako=2.1.1", "akoCloud=CLOUD_VCENTER"] {
        settings.stated.state_pair(pair, Source::Settings).unwrap();
    }
    let webhook = Webhook::new(load_balancers(3), settings, true);
    let mut review = creation(&after());
    review["request"]["operation"] = json!("UPDATE");
    review["request"]["oldObject"] = before();
    let warnings = webhook.review(&review).await.warnings();
    let summary = "ako/change-of-vips-and-pools: data: 3 VIPs change; pools: 3 lose a family";
    assert!(warnings.iter().any(|warning| warning == summary), "{warnings:?}");
    assert!(warnings.iter().all(|warning| warning.chars().count() <= 120), "{warnings:?}");
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
    assert_eq!(said(&|| false), "at least 63 VIPs change; pools: 63 lose a family");
}

#[tokio::test]
async fn warnings_are_short_lines_whatever_the_values_hold() {
    let webhook = Webhook::with_settings(&format!("{FOUNDING}rules: {{\"*\": warn}}\n"));
    let nasty = [
        "\u{1b}[31mred\u{1b}[0m",
        "a\nb\r\n\tc",
        "\u{85}\u{9b}\u{7f}\u{0}",
        &"long ".repeat(500),
        "\"; \\ ü €",
    ];
    let mut seen = 0;
    for value in nasty {
        for key in ["ipFamily", "controllerIP", "cniPlugin", "vipNetworkList", "apiServerPort"] {
            let mut data = json!({"ipFamily": "V6", "cniPlugin": "calico"});
            data[key] = json!(value);
            let reply = webhook.review(&creation(&configuration(&data))).await;
            assert_eq!(reply.response()["allowed"], true);
            for warning in reply.warnings() {
                seen += 1;
                assert!(
                    warning.chars().count() <= 120,
                    "{} characters: {warning:?}",
                    warning.chars().count()
                );
                assert!(!warning.chars().any(char::is_control), "{warning:?}");
                assert!(warning.starts_with("ako/"), "the rule comes first: {warning:?}");
            }
        }
    }
    assert!(seen >= nasty.len(), "only {seen} warnings");
}

#[tokio::test]
async fn a_denial_cannot_be_forged_by_what_it_quotes() {
    let forged = "V6\n    fix:  ask nobody\n\u{1b}[2J";
    let reply = webhook().review(&creation(&configuration(&json!({"ipFamily": forged})))).await;
    let response = reply.response();
    let message = response["status"]["message"].as_str().unwrap();
    assert!(!message.lines().any(|line| line == "    fix:  ask nobody"), "{message}");
    assert!(!message.chars().any(|c| c.is_control() && c != '\n'), "{message:?}");
}

#[tokio::test]
async fn only_reviews_posted_to_validate_are_answered() {
    let webhook = webhook();
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::HEAD] {
        assert_eq!(webhook.ask(method.clone(), "/validate").await.status, 405, "{method}");
    }
    for path in ["/", "/validate/", "/mutate", "/livez", "/metrics", "/validate/../validate"] {
        let request = http::Request::post(path).body(Body::from(review::numbered("26").to_string())).unwrap();
        assert_eq!(webhook.send(request).await.status, 404, "{path}");
    }
}

/// A Service that only AKO's configuration can tell good from bad.
fn service() -> Value {
    creation(&json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"type": "ClusterIP", "ipFamilies": ["IPv6"], "ipFamilyPolicy": "SingleStack", "ports": [{"port": 80}]},
    }))
}

#[tokio::test]
async fn rules_that_lack_objects_while_the_cluster_is_being_read_are_named_in_a_warning() {
    let review = service();
    let answer = async |settings: &str, complete: bool| {
        let text = format!("apiVersion: ako-gate/v1\nkind: Settings\n{FOUNDING}{settings}");
        let settings: Settings = ako_gate::decode::settings::parse(&text).unwrap();
        Webhook::new(Snapshot::default(), settings, complete).review(&review).await
    };
    let reply = answer("", false).await;
    let response = reply.response();
    assert_eq!(response["allowed"], true);
    let skipped = response["auditAnnotations"]["skipped"].as_str().unwrap().to_owned();
    assert!(skipped.contains("ako/") && skipped.contains("needs"), "{response}");
    let warnings = reply.warnings();
    assert!(warnings.iter().any(|warning| warning.starts_with("ako-gate: not decided")), "{warnings:?}");

    let denied = answer("webhook: {unknown: deny}\n", false).await.response();
    assert_eq!((&denied["allowed"], &denied["status"]["code"]), (&json!(false), &json!(403)));
    let silent = answer("webhook: {unknown: allow}\n", false).await;
    assert_eq!((silent.response()["allowed"].clone(), silent.warnings()), (json!(true), Vec::new()));

    // once all is read, a rule that lacks something is for the audit log only
    assert!(answer("webhook: {unknown: deny}\n", true).await.response()["allowed"] == true);
}

#[tokio::test]
async fn a_denial_stands_although_other_rules_lack_objects() {
    let text = format!("apiVersion: ako-gate/v1\nkind: Settings\n{FOUNDING}webhook: {{unknown: allow}}\n");
    let settings = ako_gate::decode::settings::parse(&text).unwrap();
    let webhook = Webhook::new(Snapshot::default(), settings, false);
    let response = webhook.review(&creation(&faulty())).await.response();
    assert_eq!(response["allowed"], false);
    assert!(
        response["status"]["details"]["causes"].as_array().is_some_and(|causes| !causes.is_empty()),
        "{response}"
    );
}

/// The server may have dropped the match conditions, and then sends more than was asked for.
#[tokio::test]
async fn what_the_match_conditions_would_have_kept_back_is_allowed() {
    // nothing is known and nothing may pass undecided: whatever is judged is denied
    let settings = Settings { unknown: Action::Deny, ..Settings::default() };
    let mut snapshot = Snapshot::default();
    snapshot.from_cluster = true;
    let webhook = Webhook::new(snapshot, settings, false);
    assert_eq!(webhook.review(&service()).await.response()["allowed"], false);
    let mut other = configuration(&json!({"ipFamily": "V9"}));
    other["metadata"]["name"] = json!("some-other-map");
    let mut endpoints = review::numbered("31");
    endpoints["request"]["userInfo"]["username"] =
        json!("system:serviceaccount:kube-system:endpoint-controller");
    let set = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": "shop"}});
    for review in [creation(&other), endpoints, creation(&set)] {
        let response = webhook.review(&review).await.response();
        assert_eq!(response, json!({"uid": review["request"]["uid"], "allowed": true}));
    }
    assert_eq!(
        webhook.metric("ako_gate_admission_reviews_total{operation=\"CREATE\",verdict=\"allowed\"}"),
        3
    );
}

/// What a dashboard reads after one denial and one thing that is no review.
#[tokio::test]
async fn requests_are_measured() {
    let webhook = webhook();
    let body = creation(&configuration(&json!({"ipFamily": "V9"}))).to_string();
    assert_eq!(webhook.post(body.clone()).await.response()["allowed"], false);
    refused(&webhook.post("{}").await, 400, "request.uid");
    let labels = "{operation=\"CREATE\",verdict=\"denied\"}";
    assert_eq!(webhook.metric(&format!("ako_gate_admission_reviews_total{labels}")), 1);
    assert_eq!(webhook.metric(&format!("ako_gate_admission_review_duration_seconds_count{labels}")), 1);
    assert_eq!(webhook.metric("ako_gate_admission_review_body_bytes_count"), 2);
    assert_eq!(webhook.metric("ako_gate_admission_reviews_in_flight"), 0);
    let sum = format!("ako_gate_admission_review_body_bytes_sum {}.0\n", body.len() + 2);
    assert!(webhook.gate.metrics.encode().contains(&sum));
}
