//! `ako-gate review`.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::run::{denied, mistake, run, run_with, write};
use crate::support::control_plane::root;

fn allowed() -> Value {
    let mut review = denied();
    review["request"]["object"]["data"]["ipFamily"] = json!("V4");
    review
}

#[test]
fn review_ends_with_what_was_decided() {
    let folder = TempDir::new().unwrap();
    for (review, code) in [(allowed(), 0), (denied(), 1)] {
        let text = review.to_string();
        let file = write(&folder, "review.json", &text);
        let by_file = run(&["review", &file]);
        assert_eq!((by_file.code, by_file.stderr.as_str()), (Some(code), ""));
        let answer: Value = serde_json::from_str(&by_file.stdout).unwrap();
        assert_eq!(answer["response"]["allowed"], code == 0);
        assert_eq!(by_file.stdout.matches('\n').count(), 1, "one line, for tools that read lines");
        for arguments in [&["review"][..], &["review", "-"]] {
            let by_input = run_with(arguments, &text);
            assert_eq!((by_input.code, by_input.stdout), (Some(code), by_file.stdout.clone()));
        }
    }
}

#[test]
fn review_refuses_what_is_no_review() {
    let mut no_uid = denied();
    no_uid["request"].as_object_mut().unwrap().remove("uid");
    let object = denied()["request"]["object"].to_string();
    for (text, why) in
        [("", "1:0"), ("{", "not an AdmissionReview"), ("kind: AdmissionReview\n", "1:1"), ("{}", "its kind")]
    {
        mistake(&run_with(&["review"], text), &["not an AdmissionReview", why]);
    }
    mistake(&run_with(&["review"], &object), &["not an AdmissionReview", "its kind"]);
    mistake(&run_with(&["review"], &no_uid.to_string()), &["not an AdmissionReview", "request.uid"]);
    mistake(&run(&["review", "/nowhere/review.json"]), &["failed to read /nowhere/review.json"]);
}

#[test]
fn review_answers_what_it_cannot_decode_as_the_settings_say() {
    let folder = TempDir::new().unwrap();
    let mut review = denied();
    review["request"].as_object_mut().unwrap().remove("operation");
    for (unknown, code) in [("allow", 0), ("warn", 0), ("deny", 1)] {
        let settings = format!("apiVersion: ako-gate/v1\nkind: Settings\nwebhook: {{unknown: {unknown}}}\n");
        let config = write(&folder, "settings.yaml", &settings);
        let outcome = run_with(&["review", "--config", &config], &review.to_string());
        assert_eq!(outcome.code, Some(code), "{unknown}");
        let answer: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(answer["response"]["warnings"].is_array(), unknown == "warn", "{answer}");
    }
}

#[test]
fn review_says_on_standard_error_why_it_decided_so() {
    let text = denied().to_string();
    let (plain, why) = (run_with(&["review"], &text), run_with(&["review", "--why"], &text));
    assert_eq!((plain.code, &plain.stdout), (why.code, &why.stdout), "standard output stays the same");
    let wanted = [
        "release: AKO 1.11.5",
        "note: ako 1.11.5 is assumed",
        "fired   ako/unknown-ip-family",
        "passed  ako/",
    ];
    for part in wanted {
        assert!(why.stderr.contains(part), "{part:?} is not in {}", why.stderr);
    }
}

#[test]
fn a_profile_on_the_command_line_wins_over_the_settings() {
    let folder = TempDir::new().unwrap();
    let config = write(
        &folder,
        "s.yaml",
        "apiVersion: ako-gate/v1\nkind: Settings\nprofile: {ako: 2.1.1, akoCloud: CLOUD_VCENTER}\n",
    );
    let mut review = denied();
    // both families at once: 1.12.1 was the first to take it
    review["request"]["object"]["data"]["ipFamily"] = json!("V4_V6");
    let text = review.to_string();
    assert_eq!(run_with(&["review", "--config", &config], &text).code, Some(0));
    let older = ["review", "--config", &config, "--profile", "ako=1.9.3"];
    assert_eq!(run_with(&older, &text).code, Some(1));
    // of two the last counts, so that a script can be given another
    let again = [older.as_slice(), &["--profile", "ako=1.12.1"]].concat();
    assert_eq!(run_with(&again, &text).code, Some(0));
}

/// What the project's own examples say about themselves.
#[test]
fn the_recorded_reviews_can_be_tried_out() {
    let file = root().join("tests/reviews/03-service-create-lb-ipv6.json");
    let outcome = run(&["review", file.to_str().unwrap()]);
    assert!(matches!(outcome.code, Some(0 | 1)) && outcome.stderr.is_empty(), "{outcome:?}");
}
