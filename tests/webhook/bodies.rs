//! What comes over HTTP and is no review, or nearly none.

use ako_gate::webhook::handler;
use axum::body::{Body, Bytes};
use axum::http::{self, Method};
use nix::sys::resource::{UsageWho, getrusage};
use serde_json::json;

use crate::support::review;
use crate::webhook::reviews::{configuration, creation, refused, webhook};

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
    let webhook = webhook();
    assert_eq!(webhook.post(body.clone()).await.response()["allowed"], false);
    // of a processor, since what else the machine does says nothing about the gate
    let spent = || getrusage(UsageWho::RUSAGE_THREAD).unwrap().user_time().tv_sec();
    let before = spent();
    handler::answer(&webhook.gate, body.as_bytes()).unwrap();
    assert!(spent() - before < 3, "the API server waits 3 seconds");
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
