//! The files in `manifests/base`, read.

use std::collections::BTreeSet;
use std::fs;

use ako_gate::decode::yaml;
use ako_gate::model::{Kind, Node};
use serde_json::Value;

use crate::support::control_plane::root;
use crate::support::json;

/// A resource as RBAC and webhook rules name it: group and plural.
pub(crate) type Resource = (String, String);

/// The names of the YAML files of a folder, sorted.
pub(crate) fn yaml_files(folder: &str) -> Vec<String> {
    let paths = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let yaml = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let mut names: Vec<String> =
        yaml.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// The documents of a file below the project's folder.
pub(crate) fn documents(file: &str) -> Vec<Value> {
    let text = fs::read_to_string(root().join(file)).unwrap();
    let documents = yaml::parse(&text).into_iter().map(|document| {
        let document = document.unwrap_or_else(|error| panic!("{file}:{error}"));
        json::value(Node::root(&document))
    });
    documents.collect()
}

/// The only document of a file in `manifests/base/`.
pub(crate) fn manifest(file: &str) -> Value {
    let mut documents = documents(&format!("manifests/base/{file}"));
    assert_eq!(documents.len(), 1, "manifests/base/{file} holds one document");
    documents.remove(0)
}

pub(crate) fn list(value: &Value) -> Vec<&str> {
    value.as_array().map(|items| items.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

pub(crate) fn resource(kind: Kind) -> Resource {
    (kind.group().to_owned(), kind.plural().to_owned())
}

/// The resources of a rule of RBAC or of a webhook.
pub(crate) fn resources(rule: &Value) -> Vec<Resource> {
    let groups = list(&rule["apiGroups"]);
    let pairs = groups.iter().flat_map(|group| {
        list(&rule["resources"]).into_iter().map(|resource| ((*group).to_owned(), resource.to_owned()))
    });
    pairs.collect()
}

pub(crate) fn difference(wanted: &BTreeSet<Resource>, found: &BTreeSet<Resource>) -> String {
    let name = |(group, plural): &Resource| format!("{plural}.{group}").trim_end_matches('.').to_owned();
    let missing: Vec<String> = wanted.difference(found).map(name).collect();
    let extra: Vec<String> = found.difference(wanted).map(name).collect();
    format!("add {missing:?}, take out {extra:?}")
}

pub(crate) fn webhook() -> Value {
    let configuration = manifest("webhook.yaml");
    assert_eq!(configuration["kind"], "ValidatingWebhookConfiguration");
    assert_eq!(configuration["webhooks"].as_array().map(Vec::len), Some(1));
    configuration["webhooks"][0].clone()
}

pub(crate) fn namespace() -> String {
    manifest("namespace.yaml")["metadata"]["name"].as_str().unwrap().to_owned()
}

pub(crate) fn pod() -> Value {
    manifest("deployment.yaml")["spec"]["template"]["spec"].clone()
}
