//! What a denial and a warning say, and what they cannot be made to say.

use serde_json::{Value, json};

use crate::support::door::Webhook;
use crate::support::{json, review};
use crate::webhook::reviews::{FOUNDING, configuration, creation, faulty, webhook};

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
