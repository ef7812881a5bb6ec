//! The objects of an installation, from the files in `manifests/`, as kustomize would build them.

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::decode::yaml;
use crate::facts::ako::Era;
use crate::model::{Action, Node, Shape};
use crate::rules;
use crate::settings::{Door, Settings};

/// The files of `manifests/base`, in the order of its kustomization (tests/installation.rs holds them together).
const BASE: [&str; 9] = [
    include_str!("../../../manifests/base/webhook.yaml"),
    include_str!("../../../manifests/base/namespace.yaml"),
    include_str!("../../../manifests/base/rbac.yaml"),
    include_str!("../../../manifests/base/rbac-certificate.yaml"),
    include_str!("../../../manifests/base/rbac-probe.yaml"),
    include_str!("../../../manifests/base/settings.yaml"),
    include_str!("../../../manifests/base/network-policy.yaml"),
    include_str!("../../../manifests/base/deployment.yaml"),
    include_str!("../../../manifests/base/service.yaml"),
];

/// The overlays: what each adds, and what it changes.
const HIGH_AVAILABILITY: (&[&str], &[&str]) = (
    &[include_str!("../../../manifests/overlays/high-availability/disruption.yaml")],
    &[include_str!("../../../manifests/overlays/high-availability/deployment.yaml")],
);
const CERT_MANAGER: (&[&str], &[&str]) = (
    &[include_str!("../../../manifests/overlays/cert-manager/certificate.yaml")],
    &[
        include_str!("../../../manifests/overlays/cert-manager/deployment.yaml"),
        include_str!("../../../manifests/overlays/cert-manager/webhook.yaml"),
        include_str!("../../../manifests/overlays/cert-manager/no-secret.yaml"),
    ],
);
const CLIENT_CERTIFICATES: (&[&str], &[&str]) =
    (&[], &[include_str!("../../../manifests/overlays/client-certificates/deployment.yaml")]);
const MONITORING: (&[&str], &[&str]) =
    (&[include_str!("../../../manifests/overlays/monitoring/monitoring.yaml")], &[]);
const DASHBOARD: &str = include_str!("../../../manifests/overlays/dashboard/dashboard.json");
const ADMISSION_POLICY: (&[&str], &[&str]) =
    (&[include_str!("../../../manifests/overlays/admission-policy/policy.yaml")], &[]);
/// The rule that the policy repeats.
const REPEATED: &str = "ako/ipv6-vip-on-load-balancer";

/// What was chosen.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is an overlay of its own")]
pub(in crate::cli) struct Choice {
    /// Three replicas.
    pub(super) high_availability: bool,
    /// Certificates by cert-manager.
    pub(super) cert_manager: bool,
    /// Only clients with a certificate are answered.
    pub(super) client_certificates: bool,
    /// ServiceMonitor and alert rules.
    pub(super) monitoring: bool,
    /// A dashboard for Grafana.
    pub(super) dashboard: bool,
    /// The policy that stands in for the gate.
    pub(super) admission_policy: bool,
    /// The image; that of the files unless given.
    pub(super) image: Option<String>,
    /// The settings file as it is written.
    pub(super) text: Option<String>,
    /// The same, read.
    pub(super) settings: Settings,
}

impl Choice {
    /// Nothing but settings.
    pub(in crate::cli) fn of(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }
}

pub(in crate::cli) fn value(node: Node<'_>) -> Value {
    match node.shape() {
        None | Some(Shape::Null | Shape::Deep) => Value::Null,
        Some(Shape::Bool) => Value::Bool(node.text() == "true"),
        Some(Shape::Number) => serde_json::from_str(node.text()).unwrap_or_else(|_| json!(node.text())),
        Some(Shape::String) => Value::String(node.text().to_owned()),
        Some(Shape::List) => node.items().map(value).collect(),
        Some(Shape::Map) => node.children().map(|child| (child.key().to_owned(), value(child))).collect(),
    }
}

fn documents(text: &str) -> anyhow::Result<Vec<Value>> {
    let documents = yaml::parse(text).into_iter();
    let documents = documents.map(|document| document.map(|document| value(Node::root(&document))));
    documents.collect::<Result<_, _>>().context("failed to read a built-in manifest")
}

fn is_same(one: &Value, other: &Value) -> bool {
    one["kind"] == other["kind"] && one["metadata"]["name"] == other["metadata"]["name"]
}

/// Merges as kustomize does: maps by key, lists of named things by name, everything else is replaced.
fn merge(into: &mut Value, patch: &Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(patch)) if patch.iter().all(|item| item["name"].is_string()) => {
            // kustomize puts what is new in front
            let mut new = Vec::new();
            for item in patch {
                match into.iter_mut().find(|known| known["name"] == item["name"]) {
                    Some(known) => merge(known, item),
                    None => new.push(item.clone()),
                }
            }
            into.splice(0..0, new);
        }
        (into, patch) => *into = patch.clone(),
    }
}

fn overlay(objects: &mut Vec<Value>, (more, patches): (&[&str], &[&str])) -> anyhow::Result<()> {
    for text in more {
        objects.extend(documents(text)?);
    }
    for patch in patches {
        for patch in documents(patch)? {
            if patch["$patch"] == "delete" {
                objects.retain(|object| !is_same(object, &patch));
            } else if let Some(object) = objects.iter_mut().find(|object| is_same(object, &patch)) {
                merge(object, &patch);
            }
        }
    }
    Ok(())
}

/// The policy knows neither the release nor the settings, so that it must not be installed where they let pass what it
/// refuses.
fn require_policy_agrees(settings: &Settings) -> anyhow::Result<()> {
    if let Some(ako) = &settings.stated.ako
        && Era::of(ako.value).has_dual_stack()
    {
        bail!("--admission-policy is for AKO before 1.12.1, and the settings state {}", ako.text);
    }
    let lowered =
        rules::find(REPEATED).is_some_and(|rule| settings.action(rule, Door::Webhook) != Action::Deny);
    if lowered || settings.exemptions.iter().any(|exemption| exemption.rules.covers(REPEATED)) {
        bail!("--admission-policy knows no settings, and these lower or exempt {REPEATED}");
    }
    Ok(())
}

/// The objects, in the order in which kubectl is to apply and to delete them.
pub(in crate::cli) fn objects(choice: &Choice) -> anyhow::Result<Vec<Value>> {
    let mut objects = Vec::new();
    for text in BASE {
        objects.extend(documents(text)?);
    }
    if choice.high_availability {
        overlay(&mut objects, HIGH_AVAILABILITY)?;
    }
    if choice.cert_manager {
        overlay(&mut objects, CERT_MANAGER)?;
    }
    if choice.client_certificates {
        overlay(&mut objects, CLIENT_CERTIFICATES)?;
    }
    if choice.monitoring {
        overlay(&mut objects, MONITORING)?;
    }
    if choice.dashboard {
        objects.push(json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": "ako-gate-dashboard",
                "namespace": "ako-gate-system",
                // what Grafana's sidecar looks for
                "labels": {"app.kubernetes.io/name": "ako-gate", "grafana_dashboard": "1"},
            },
            "data": {"ako-gate.json": DASHBOARD},
        }));
    }
    if choice.admission_policy {
        require_policy_agrees(&choice.settings)?;
        overlay(&mut objects, ADMISSION_POLICY)?;
    }
    for object in &mut objects {
        let kind = object["kind"].as_str().unwrap_or_default().to_owned();
        match kind.as_str() {
            "Deployment" => {
                if let Some(image) = &choice.image {
                    object["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image);
                }
            }
            "ConfigMap" if object["data"]["settings.yaml"].is_string() => {
                if let Some(text) = &choice.text {
                    object["data"]["settings.yaml"] = json!(text);
                }
            }
            "Role" | "RoleBinding" if object["metadata"]["name"] == "ako-gate-probe" => {
                object["metadata"]["namespace"] = json!(choice.settings.probe_namespace);
            }
            "ValidatingWebhookConfiguration" => split(object, &choice.settings),
            "ValidatingAdmissionPolicyBinding" => {
                if let Some(namespace) = &choice.settings.stated.ako_namespace {
                    object["spec"]["paramRef"]["namespace"] = json!(namespace.value);
                }
            }
            _ => {}
        }
    }
    Ok(objects)
}

/// Below Kubernetes 1.28 there are no matchConditions: ConfigMaps get a webhook of their own, which selects AKO's
/// namespace, and the probe one that selects its label.
fn split(configuration: &mut Value, settings: &Settings) {
    let is_old = settings
        .stated
        .kubernetes
        .as_ref()
        .is_some_and(|stated| (stated.value.major, stated.value.minor) < (1, 28));
    if !is_old {
        return;
    }
    let Some(webhooks) = configuration["webhooks"].as_array_mut() else { return };
    let Some(main) = webhooks.first_mut() else { return };
    if let Some(main) = main.as_object_mut() {
        main.remove("matchConditions");
    }
    let mut configmaps = Value::Null;
    for rule in main["rules"].as_array_mut().into_iter().flatten() {
        let before = rule.clone();
        if let Some(resources) = rule["resources"].as_array_mut() {
            let count = resources.len();
            resources.retain(|resource| resource != "configmaps");
            if resources.len() < count {
                configmaps = before;
            }
        }
    }
    configmaps["resources"] = json!(["configmaps"]);
    let own = |name: &str, rules: &Value| {
        let mut webhook = main.clone();
        webhook["name"] = json!(name);
        webhook["rules"] = json!([rules]);
        webhook
    };
    let namespace = settings.stated.ako_namespace.as_ref().map_or("avi-system", |stated| &stated.value);
    let mut ako = own("configmap.ako-gate.svc", &configmaps);
    ako["namespaceSelector"]["matchExpressions"] =
        json!([{"key": "kubernetes.io/metadata.name", "operator": "In", "values": [namespace]}]);
    configmaps["operations"] = json!(["CREATE"]);
    let mut probe = own("probe.ako-gate.svc", &configmaps);
    probe["objectSelector"] = json!({"matchLabels": {"app.kubernetes.io/name": crate::webhook::probe::NAME}});
    webhooks.extend([ako, probe]);
}
