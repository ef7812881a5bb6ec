//! A verdict as the `AdmissionReview` that answers one.

use std::collections::BTreeMap;

use serde::Serialize;

use super::text::{block, lowered, one_line};
use crate::model::{Action, ObjectRef, Verdict};

/// Longest warning (design 6); the API server cuts all of them when they exceed 4096 runes together
/// (k8s.io/apiserver@v0.36.3:pkg/endpoints/filters/warning.go).
const MAX_WARNING: usize = 120;
/// Most warnings of one answer, so that they stay below that sum.
const MAX_WARNINGS: usize = 30;
/// Most findings spelled out in a denial.
const MAX_FINDINGS: usize = 50;
/// Longest audit annotation.
const MAX_ANNOTATION: usize = 2000;

/// An answer to a review.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AdmissionReview<'a> {
    api_version: &'a str,
    kind: &'static str,
    response: Response<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
    uid: &'a str,
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    audit_annotations: BTreeMap<&'static str, String>,
}

/// 403 and Forbidden make kubectl print the whole message, behind the names of the file and the webhook; 422 and
/// Invalid would make it print the causes alone (k8s.io/kubectl@v0.36.3:pkg/cmd/util/helpers.go `checkErr`).
#[derive(Debug, Serialize)]
struct Status {
    #[serde(rename = "status")]
    outcome: &'static str,
    code: u16,
    reason: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details>,
}

#[derive(Debug, Serialize)]
struct Details {
    name: String,
    group: String,
    kind: String,
    causes: Vec<Cause>,
}

#[derive(Debug, Serialize)]
struct Cause {
    reason: &'static str,
    message: String,
    field: String,
}

impl AdmissionReview<'_> {
    /// Whether the request is allowed.
    pub fn is_allowed(&self) -> bool {
        self.response.allowed
    }

    /// The answer as JSON.
    pub fn to_json(&self) -> Vec<u8> {
        let status = self.response.status.as_ref();
        // the message stands in an answer twice, as a whole and in its causes
        let mut json = Vec::with_capacity(512 + status.map_or(0, |status| 3 * status.message.len()));
        // plain strings and numbers: there is nothing that could fail to serialize
        let _ = serde_json::to_writer(&mut json, self);
        json
    }
}

/// The answer that allows without a word.
pub fn allow<'a>(api_version: &'a str, uid: &'a str) -> AdmissionReview<'a> {
    let response = Response {
        uid,
        allowed: true,
        status: None,
        warnings: Vec::new(),
        audit_annotations: BTreeMap::new(),
    };
    AdmissionReview { api_version, kind: "AdmissionReview", response }
}

/// The answer to the gate's own probe, which is always denied: whoever asked finds the nonce in the message.
pub fn probe<'a>(api_version: &'a str, uid: &'a str, nonce: &str) -> AdmissionReview<'a> {
    let mut review = allow(api_version, uid);
    review.response.allowed = false;
    let message = format!(
        "this is the probe with which ako-gate proves that it is asked: {}",
        one_line(nonce, MAX_WARNING)
    );
    review.response.status = Some(forbidden(message, None));
    review
}

/// The answer to something that could not be decided or decoded: `action` allows, warns or denies.
pub fn undecided<'a>(api_version: &'a str, uid: &'a str, action: Action, why: &str) -> AdmissionReview<'a> {
    let mut review = allow(api_version, uid);
    review.response.audit_annotations.insert("undecided", one_line(why, MAX_ANNOTATION));
    match action {
        Action::Warn => review.response.warnings.push(one_line(&format!("ako-gate: {why}"), MAX_WARNING)),
        Action::Deny => {
            review.response.allowed = false;
            let message =
                format!("ako-gate cannot decide this request, and its settings say to deny then: {why}");
            review.response.status = Some(forbidden(message, None));
        }
        Action::Audit | Action::Off => {}
    }
    review
}

fn forbidden(message: String, details: Option<Details>) -> Status {
    Status { outcome: "Failure", code: 403, reason: "Forbidden", message, details }
}

/// The answer that carries a verdict. `incomplete` says what to do about rules that could not be decided because
/// the live snapshot is not complete; `None` when it is.
pub fn answer<'a>(
    api_version: &'a str,
    uid: &'a str,
    object: impl FnOnce() -> ObjectRef,
    verdict: &Verdict,
    incomplete: Option<Action>,
) -> AdmissionReview<'a> {
    let mut review = allow(api_version, uid);
    if verdict.findings.is_empty() && verdict.skipped.is_empty() {
        return review;
    }
    if !verdict.skipped.is_empty()
        && let Some(action) = incomplete
    {
        let rules: Vec<&str> = verdict.skipped.iter().map(|skipped| skipped.rule).collect();
        let why = format!("not decided, the cluster is not fully known yet: {}", rules.join(", "));
        review = undecided(api_version, uid, action, &why);
    }
    let response = &mut review.response;
    response.audit_annotations.extend(annotations(verdict));
    response.warnings.extend(warnings(verdict));
    if !verdict.is_allowed() {
        let object = object();
        response.allowed = false;
        let message = denial_message(&object, verdict);
        let group = object.group().to_owned();
        let details = Details { name: object.name, group, kind: object.kind, causes: causes(verdict) };
        response.status = Some(forbidden(message, Some(details)));
    }
    review
}

fn causes(verdict: &Verdict) -> Vec<Cause> {
    let cause = |judged: &crate::model::Judged| Cause {
        reason: judged.finding.kind.reason(),
        message: format!("{} ({})", judged.finding.message, judged.finding.rule),
        field: judged.finding.field.to_string(),
    };
    verdict.denials().take(MAX_FINDINGS).map(cause).collect()
}

/// The message of a denial: it stands alone in a terminal and lists every finding that denies.
fn denial_message(object: &ObjectRef, verdict: &Verdict) -> String {
    let count = verdict.denials().count();
    let noun = if count == 1 { "problem" } else { "problems" };
    let mut message = format!("{count} {noun} with {object}:\n");
    for judged in verdict.denials().take(MAX_FINDINGS) {
        message.push_str(&block(&judged.finding));
    }
    if count > MAX_FINDINGS {
        message.push_str(&format!("  and {} more\n", count - MAX_FINDINGS));
    }
    for assumed in &verdict.assumed {
        message.push_str(&format!("  note: {assumed}\n"));
    }
    message.truncate(message.trim_end().len());
    message
}

fn warnings(verdict: &Verdict) -> Vec<String> {
    let line = |judged: &crate::model::Judged| {
        let finding = &judged.finding;
        let text = format!("{}: {}: {}{}", finding.rule, finding.field, lowered(judged), finding.message);
        one_line(&text, MAX_WARNING)
    };
    let mut warnings: Vec<String> = verdict.warnings().map(line).collect();
    if warnings.len() > MAX_WARNINGS {
        let more = warnings.len() - MAX_WARNINGS;
        warnings.truncate(MAX_WARNINGS);
        warnings.push(format!("ako-gate: and {more} more warnings"));
    }
    warnings
}

fn annotations(verdict: &Verdict) -> BTreeMap<&'static str, String> {
    let mut annotations = BTreeMap::new();
    let mut put = |key, parts: Vec<String>| {
        if !parts.is_empty() {
            annotations.insert(key, one_line(&parts.join("; "), MAX_ANNOTATION));
        }
    };
    put("assumed", verdict.assumed.clone());
    put("skipped", verdict.skipped.iter().map(|s| format!("{}: {}", s.rule, s.why)).collect());
    let audited = verdict.findings.iter().filter(|judged| judged.action == Action::Audit);
    let line = |judged: &crate::model::Judged| {
        format!(
            "{}: {}: {}{}",
            judged.finding.rule,
            judged.finding.field,
            lowered(judged),
            judged.finding.message
        )
    };
    put("audited", audited.map(line).collect());
    annotations
}
