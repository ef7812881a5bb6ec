//! Reviews: recorded ones, and those made from cases.

use std::fs;

use ako_gate::model::Node;
use serde_json::{Value, json};

use super::case::Case;
use super::control_plane::root;
use super::json;

/// A recorded review: the file's name and its bytes.
pub struct Recorded {
    pub name: String,
    pub body: String,
}

/// Every review of `tests/reviews`, in the order of their names.
pub fn recorded() -> Vec<Recorded> {
    let entries = fs::read_dir(root().join("tests/reviews")).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let read = |path: &std::path::PathBuf| Recorded {
        name: path.file_name().unwrap().to_string_lossy().into_owned(),
        body: fs::read_to_string(path).unwrap(),
    };
    paths.iter().map(read).collect()
}

/// The recorded review whose file begins with `number`.
pub fn numbered(number: &str) -> Value {
    let reviews = recorded();
    let found = reviews.iter().find(|review| review.name.starts_with(number)).unwrap();
    serde_json::from_str(&found.body).unwrap()
}

/// The review an API server would post for a case; `None` where it never could: a CHECK, or a document without a
/// kind.
pub fn of_case(case: &Case) -> Option<Value> {
    let root = Node::root(&case.document);
    let (object, old) = (json::value(root.at("object")), json::value(root.at("oldObject")));
    let subject = if object.is_null() { &old } else { &object };
    if case.operation == "CHECK" || subject["kind"].is_null() {
        return None;
    }
    let version = subject["apiVersion"].as_str().unwrap_or_default();
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    let kind = json!({"group": group, "version": version, "kind": subject["kind"]});
    let mut request = json!({
        "uid": format!("uid-of-{}", case.name),
        "kind": kind,
        "requestKind": kind,
        "name": subject["metadata"]["name"],
        "namespace": subject["metadata"]["namespace"],
        "operation": case.operation,
        "userInfo": {"username": "team-a", "groups": ["system:authenticated"]},
        "object": object,
        "oldObject": old,
        "dryRun": false,
        "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
    });
    if !case.subresource.is_empty() {
        request["subResource"] = json!(case.subresource);
    }
    Some(json!({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request}))
}

/// The objects of a case's context, one JSON document after the other.
pub fn context(case: &Case) -> String {
    let items = Node::root(&case.document).at("context").items();
    items.fold(String::new(), |text, item| text + &format!("---\n{}\n", json::value(item)))
}
