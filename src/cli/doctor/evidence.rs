//! What the checks look at: objects of a cluster, or of files that were saved from one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, bail};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Client;
use kube::api::Api;
use serde_json::{Value, json};

use crate::cli::args::DoctorArgs;
use crate::cli::manifests::build;
use crate::cli::{cluster, common};
use crate::decode;
use crate::model::{Kind, Node, Snapshot};
use crate::reconcile::list;
use crate::reconcile::told::Told;
use crate::settings::Settings;
use crate::webhook::certificate::NAMESPACE;
use crate::webhook::policy::nonce;
use crate::webhook::probe::{self, Outcome};
use crate::webhook::secret;

/// What is known of one object.
pub(super) enum Found<'a> {
    /// It is this.
    Object(&'a Value),
    /// There is none.
    Absent,
    /// It could not be looked at; why.
    Unknown(String),
}

/// Everything the checks look at.
#[derive(Default)]
pub(super) struct Evidence {
    objects: BTreeMap<(String, String, String), Value>,
    /// Objects that could not be read, and why.
    refused: BTreeMap<(String, String, String), String>,
    /// Whether whatever was not found is not there. Files say so of the kinds they hold only.
    is_live: bool,
    /// What the rules would read.
    pub(super) snapshot: Snapshot,
    /// The kinds of which that could not be looked at, and why.
    pub(super) unseen: Vec<(Kind, String)>,
    /// How the probe ended, where one could be sent.
    pub(super) probe: Option<Outcome>,
}

fn key(kind: &str, namespace: &str, name: &str) -> (String, String, String) {
    (kind.to_owned(), namespace.to_owned(), name.to_owned())
}

impl Evidence {
    fn insert(&mut self, object: Value) {
        let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default();
        let kind = object["kind"].as_str().unwrap_or_default();
        let key = key(kind, text("namespace"), text("name"));
        self.objects.insert(key, object);
    }

    /// Asks a cluster for an object.
    async fn look_for(&mut self, client: &Client, wanted: (String, String, String)) {
        let (kind, namespace, name) = &wanted;
        let Some((prefix, plural)) = prefix(kind) else { return };
        let within = if namespace.is_empty() { String::new() } else { format!("/namespaces/{namespace}") };
        match get(client, &format!("{prefix}{within}/{plural}/{name}")).await {
            Ok(Some(mut object)) => {
                object["kind"] = Value::String(kind.clone());
                self.insert(object);
            }
            Ok(None) => {}
            Err(why) => {
                self.refused.insert(wanted, why);
            }
        }
    }

    /// An object.
    pub(super) fn find(&self, kind: &str, namespace: &str, name: &str) -> Found<'_> {
        let key = key(kind, namespace, name);
        if let Some(object) = self.objects.get(&key) {
            return Found::Object(object);
        }
        if let Some(why) = self.refused.get(&key) {
            return Found::Unknown(why.clone());
        }
        if self.is_live || self.objects.keys().any(|(known, within, _)| known == kind && within == namespace)
        {
            return Found::Absent;
        }
        Found::Unknown(format!("no {kind} is among the files"))
    }

    /// The Secret that the Deployment mounts the served certificate from, and its key there; `None` where it mounts none.
    pub(super) fn mounted(&self) -> Option<(String, String)> {
        let Found::Object(deployment) = self.find("Deployment", NAMESPACE, "ako-gate") else { return None };
        let pod = &deployment["spec"]["template"]["spec"];
        let container = &pod["containers"][0];
        let arguments: Vec<&str> = texts(&container["args"]).collect();
        let flag = "--tls-cert-file";
        let path =
            arguments.iter().enumerate().find_map(|(at, argument)| match argument.strip_prefix(flag)? {
                "" => arguments.get(at + 1).copied(),
                value => value.strip_prefix('='),
            })?;
        let (folder, file) = path.rsplit_once('/')?;
        let is = |list: &Value, key: &str, wanted: &Value| {
            list.as_array()
                .into_iter()
                .flatten()
                .find(|item| item[key] == *wanted)
                .cloned()
                .unwrap_or_default()
        };
        let mount = is(&container["volumeMounts"], "mountPath", &json!(folder));
        let volume = is(&pod["volumes"], "name", &mount["name"]);
        let secret = volume["secret"]["secretName"].as_str().unwrap_or("ako-gate-tls");
        Some((secret.to_owned(), file.to_owned()))
    }

    /// The objects of a kind in the gate's namespace.
    pub(super) fn all(&self, kind: &str) -> impl Iterator<Item = &Value> {
        let of_kind = self.objects.iter().filter(move |((k, n, _), _)| k == kind && n == NAMESPACE);
        of_kind.map(|(_, object)| object)
    }

    /// Why a kind could not be listed in the gate's namespace, where it could not.
    pub(super) fn why_not(&self, kind: &str) -> Option<String> {
        if let Some(why) = self.refused.get(&key(kind, NAMESPACE, "")) {
            return Some(why.clone());
        }
        let is_known = self.is_live || self.all(kind).next().is_some();
        (!is_known).then(|| format!("no {kind} is among the files"))
    }

    /// What an installation with the settings found consists of.
    pub(super) fn shipped(&self) -> anyhow::Result<Vec<Value>> {
        build::objects(&build::Choice::of(self.settings().ok().flatten().unwrap_or_default()))
    }

    /// The installed settings; `None` where they could not be looked at, or the mistakes in them.
    pub(super) fn settings(&self) -> Result<Option<Settings>, Vec<String>> {
        let Found::Object(found) = self.find("ConfigMap", NAMESPACE, "ako-gate-settings") else {
            return Ok(None);
        };
        let text = found["data"]["settings.yaml"].as_str().unwrap_or_default();
        let parsed = decode::settings::parse(text);
        parsed
            .map(Some)
            .map_err(|errors| errors.iter().map(|error| format!("settings.yaml:{error}")).collect())
    }
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Where the API server has a kind.
fn prefix(kind: &str) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        "ValidatingWebhookConfiguration" => {
            ("/apis/admissionregistration.k8s.io/v1", "validatingwebhookconfigurations")
        }
        "Namespace" => ("/api/v1", "namespaces"),
        "ServiceAccount" => ("/api/v1", "serviceaccounts"),
        "Service" => ("/api/v1", "services"),
        "ConfigMap" => ("/api/v1", "configmaps"),
        "Secret" => ("/api/v1", "secrets"),
        "Deployment" => ("/apis/apps/v1", "deployments"),
        "ClusterRole" => ("/apis/rbac.authorization.k8s.io/v1", "clusterroles"),
        "ClusterRoleBinding" => ("/apis/rbac.authorization.k8s.io/v1", "clusterrolebindings"),
        "Role" => ("/apis/rbac.authorization.k8s.io/v1", "roles"),
        "RoleBinding" => ("/apis/rbac.authorization.k8s.io/v1", "rolebindings"),
        "EndpointSlice" => ("/apis/discovery.k8s.io/v1", "endpointslices"),
        _ => return None,
    })
}

async fn get(client: &Client, path: &str) -> Result<Option<Value>, String> {
    let request = http::Request::get(path).body(Vec::new()).map_err(|error| error.to_string())?;
    match client.request::<Value>(request).await {
        Ok(object) => Ok(Some(object)),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
        Err(error) => Err(Told(&error).to_string()),
    }
}

/// The objects to look for: those that are installed, and the Secret of the gate's own CA.
fn wanted(evidence: &Evidence) -> anyhow::Result<Vec<(String, String, String)>> {
    let installed = evidence.shipped()?;
    let text = |object: &Value, key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
    let installed = installed.iter().map(|object| {
        (
            object["kind"].as_str().unwrap_or_default().to_owned(),
            text(object, "namespace"),
            text(object, "name"),
        )
    });
    Ok(installed.chain([key("Secret", NAMESPACE, secret::NAME)]).collect())
}

/// Asks a cluster.
pub(super) async fn live(args: &DoctorArgs) -> anyhow::Result<Evidence> {
    let client = cluster::of_choice(args.kubeconfig.as_ref(), args.kube_context.as_ref()).await?;
    let listing = list::list(&client, &[]).await.context("failed to ask the cluster")?;
    let unseen = listing.refused.iter().map(|(kind, error)| (*kind, Told(error).to_string())).collect();
    let snapshot = listing.snapshot;
    let mut evidence = Evidence { is_live: true, snapshot, unseen, ..Evidence::default() };
    // they say what else there should be
    let settings = key("ConfigMap", NAMESPACE, "ako-gate-settings");
    evidence.look_for(&client, settings.clone()).await;
    for wanted in wanted(&evidence)?.into_iter().filter(|wanted| *wanted != settings) {
        evidence.look_for(&client, wanted).await;
    }
    if let Some((secret, _)) = evidence.mounted() {
        evidence.look_for(&client, key("Secret", NAMESPACE, &secret)).await;
    }
    let slices = "/apis/discovery.k8s.io/v1/namespaces/ako-gate-system/endpointslices\
                  ?labelSelector=kubernetes.io%2Fservice-name%3Dako-gate";
    match get(&client, slices).await {
        Ok(list) => {
            for mut slice in list.and_then(|list| list["items"].as_array().cloned()).unwrap_or_default() {
                slice["kind"] = Value::String("EndpointSlice".to_owned());
                evidence.insert(slice);
            }
        }
        Err(why) => {
            evidence.refused.insert(key("EndpointSlice", NAMESPACE, ""), why);
        }
    }
    let namespace = evidence.settings().ok().flatten().unwrap_or_default().probe_namespace;
    let namespaced: Api<ConfigMap> = Api::namespaced(client, &namespace);
    evidence.probe = Some(probe::send(&namespaced, &nonce()).await);
    Ok(evidence)
}

/// Reads files that were saved with kubectl.
pub(super) fn saved(paths: &[PathBuf]) -> anyhow::Result<Evidence> {
    let mut evidence = Evidence::default();
    for path in paths {
        let text = common::read_input(Some(path))?;
        for document in decode::yaml::parse(&text) {
            let document = match document {
                Ok(document) => document,
                Err(error) => bail!("{}:{error}", path.display()),
            };
            let value = build::value(Node::root(&document));
            for stored in decode::manifest::objects(document, "", None) {
                evidence.snapshot.insert(stored);
            }
            match value["items"].as_array() {
                Some(items) => items.iter().for_each(|item| evidence.insert(item.clone())),
                None if value.is_null() => {}
                None => evidence.insert(value),
            }
        }
    }
    Ok(evidence)
}
