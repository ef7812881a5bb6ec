//! Reviews that cannot be decided, or are none of the gate's business.

use ako_gate::model::{Action, Snapshot};
use ako_gate::settings::Settings;
use serde_json::{Value, json};

use crate::support::door::Webhook;
use crate::support::review;
use crate::webhook::reviews::{FOUNDING, configuration, creation, faulty, service, webhook};

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
