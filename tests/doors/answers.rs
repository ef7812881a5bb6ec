//! Recorded reviews, and what is none of the webhook's business.

use ako_gate::model::Snapshot;
use ako_gate::settings::Settings;
use serde_json::Value;

use crate::doors::asked::{complaints, reviewed};
use crate::support::door::Webhook;
use crate::support::review;

#[test]
fn every_recorded_review_gets_one_answer_the_same_through_every_door() {
    let reviews = review::recorded();
    assert_eq!(reviews.len(), 37);
    let complaints = complaints(&reviews, |recorded| {
        let webhook = Webhook::new(Snapshot::complete(), Settings::default(), true);
        let answer = webhook.answer(recorded.body.as_bytes()).unwrap();
        let (printed, code) = reviewed(&[], &recorded.body);
        let asked: Value = serde_json::from_str(&recorded.body).unwrap();
        let mut complaints = Vec::new();
        let mut demand = |holds: bool, what: &str| {
            if !holds {
                complaints.push(format!("{}: {what}: {}", recorded.name, String::from_utf8_lossy(&answer)));
            }
        };
        demand(printed.trim_ascii_end() == answer, "`review` prints something else");
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        let response = &answer["response"];
        let allowed = response["allowed"].as_bool();
        demand(answer["apiVersion"] == asked["apiVersion"], "it is of another version");
        demand(answer["kind"] == "AdmissionReview" && answer.get("request").is_none(), "it is no answer");
        demand(response["uid"] == asked["request"]["uid"], "it is for another uid");
        demand(allowed.is_some_and(|allowed| code == Some(i32::from(!allowed))), "`review` ends differently");
        let explained = response["status"]["message"].as_str().is_some_and(|message| !message.is_empty());
        demand(
            allowed == Some(true) || (response["status"]["code"] == 403 && explained),
            "it does not say why",
        );
        complaints
    });
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Deletions, connections, subresources, objects on their way out, and what the API server writes itself.
#[test]
fn what_is_none_of_its_business_is_allowed_without_a_word() {
    let webhook = Webhook::with_settings("profile: {ako: 1.9.3}\n");
    let mut left_alone = Vec::new();
    for recorded in review::recorded() {
        let asked: Value = serde_json::from_str(&recorded.body).unwrap();
        let request = &asked["request"];
        let operation = request["operation"].as_str().unwrap();
        let terminating = !request["object"]["metadata"]["deletionTimestamp"].is_null();
        let by_server = request["userInfo"]["username"] == "system:apiserver";
        let is_subresource = request["subResource"].is_string();
        if ["DELETE", "CONNECT"].contains(&operation) || is_subresource || terminating || by_server {
            let answer: Value =
                serde_json::from_slice(&webhook.answer(recorded.body.as_bytes()).unwrap()).unwrap();
            let response = answer["response"].as_object().unwrap();
            let mut keys: Vec<&str> = response.keys().map(String::as_str).collect();
            keys.sort_unstable();
            assert_eq!(
                (&response["allowed"], keys),
                (&Value::Bool(true), vec!["allowed", "uid"]),
                "{}",
                recorded.name
            );
            left_alone.push(recorded.name[..2].to_owned());
        }
    }
    let wanted = ["17", "18", "19", "20", "21", "22", "23", "25", "29", "33", "34", "37"];
    assert_eq!(left_alone, wanted);
}
