//! Writing reports: what differs from what is there, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

use super::lease::in_time;
use super::ledger::{Entry, Ledger};
use super::reports::{self, API_VERSION, CEILING, LABEL, Report, SOURCE};
use super::retry::Retry;
use crate::process::metrics::{Metrics, ReportLabels};

/// Reports read at once.
const PAGE: u32 = 50;
/// No ceiling goes below this, however often reports are refused as too large.
const LOWEST_CEILING: usize = 8 << 10;

/// A report in the cluster.
#[derive(Debug)]
struct Written {
    /// What it holds; nothing is known of one that somebody else has written.
    digest: Option<u64>,
    /// The version it is stored in.
    version: String,
}

/// The reports in the cluster, as far as this process knows them.
pub struct Publisher {
    client: Client,
    /// The namespace the gate is installed in; reports go when it goes.
    home: String,
    owner: Option<Value>,
    served: Option<bool>,
    /// By namespace and name.
    written: BTreeMap<(String, String), Written>,
    /// Namespaces whose reports could not be written.
    retries: BTreeMap<String, Retry>,
    ceiling: usize,
}

impl Publisher {
    /// Knows of no report yet.
    pub fn new(client: Client, home: String) -> Self {
        Self {
            client,
            home,
            owner: None,
            served: None,
            written: BTreeMap::new(),
            retries: BTreeMap::new(),
            ceiling: CEILING,
        }
    }

    /// Looks whether the cluster serves reports; says so when that changed. Whether it did.
    pub async fn discover(&mut self) -> kube::Result<bool> {
        let served = match in_time(self.client.list_api_group_resources(API_VERSION)).await {
            Ok(resources) => ["reports", "clusterreports"]
                .iter()
                .all(|wanted| resources.resources.iter().any(|resource| resource.name == *wanted)),
            Err(kube::Error::Api(status)) if status.code == 404 => false,
            Err(error) => return Err(error),
        };
        if self.served == Some(served) {
            return Ok(false);
        }
        self.served = Some(served);
        self.written.clear();
        self.retries.clear();
        if served {
            tracing::info!(version = API_VERSION, "the cluster serves reports; findings are written to them");
        } else {
            tracing::info!(
                version = API_VERSION,
                "the cluster serves no reports; findings show in the log, in metrics and as Events only"
            );
        }
        Ok(true)
    }

    /// Reads the reports that are there, whoever wrote them; the findings they show.
    pub async fn read(&mut self) -> kube::Result<Vec<Entry>> {
        if self.served != Some(true) {
            return Ok(Vec::new());
        }
        self.owner = self.find_owner().await?;
        let (mut written, mut entries) = (BTreeMap::new(), Vec::new());
        for kind in ["Report", "ClusterReport"] {
            let api = self.api(kind, None);
            let mut page = own().limit(PAGE);
            loop {
                let list = in_time(api.list(&page)).await?;
                for object in list.items {
                    let report = serde_json::to_value(&object).unwrap_or_default();
                    entries.extend(reports::entries(&report));
                    let digest = Some(reports::digest(&report));
                    written.insert(key(&object.metadata), Written { digest, version: version(&object) });
                }
                page.continue_token = list.metadata.continue_.filter(|token| !token.is_empty());
                if page.continue_token.is_none() {
                    break;
                }
            }
        }
        self.written = written;
        Ok(entries)
    }

    /// Looks for reports that somebody else has changed, removed or added since; their namespaces.
    pub async fn changed_by_others(&mut self) -> kube::Result<BTreeSet<String>> {
        let mut there = BTreeMap::new();
        if self.served == Some(true) {
            for kind in ["Report", "ClusterReport"] {
                let list = in_time(self.api(kind, None).list_metadata(&own())).await?;
                there.extend(list.items.into_iter().map(|object| (key(&object.metadata), version(&object))));
            }
        }
        let is_gone = |key: &(String, String)| !there.contains_key(key);
        let mut changed: BTreeSet<String> =
            self.written.keys().filter(|key| is_gone(key)).map(|(namespace, _)| namespace.clone()).collect();
        self.written.retain(|key, _| !is_gone(key));
        for (key, version) in there {
            if self.written.get(&key).is_none_or(|written| written.version != version) {
                changed.insert(key.0.clone());
                self.written.insert(key, Written { digest: None, version });
            }
        }
        Ok(changed)
    }

    /// The gate's own Namespace: when it is deleted, the reports follow.
    async fn find_owner(&self) -> kube::Result<Option<Value>> {
        let api: Api<k8s_openapi::api::core::v1::Namespace> = Api::all(self.client.clone());
        let uid =
            in_time(api.get_metadata_opt(&self.home)).await?.and_then(|namespace| namespace.metadata.uid);
        Ok(uid.map(|uid| json!([{"apiVersion": "v1", "kind": "Namespace", "name": self.home, "uid": uid}])))
    }

    fn api(&self, kind: &str, namespace: Option<&str>) -> Api<DynamicObject> {
        let plural = format!("{}s", kind.to_lowercase());
        let (group, version) = API_VERSION.split_once('/').unwrap_or_default();
        let resource =
            ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), &plural);
        match namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        }
    }

    fn api_of(&self, namespace: &str) -> Api<DynamicObject> {
        if namespace.is_empty() {
            self.api("ClusterReport", None)
        } else {
            self.api("Report", Some(namespace))
        }
    }

    /// The namespaces with reports.
    pub fn namespaces(&self) -> BTreeSet<String> {
        self.written.keys().map(|(namespace, _)| namespace.clone()).collect()
    }

    /// Brings the reports of `namespaces`, and of those that failed and are due again, in line with the ledger, for
    /// as long as `may_write`.
    pub async fn publish(
        &mut self,
        mut namespaces: BTreeSet<String>,
        ledger: &Ledger,
        metrics: &Metrics,
        may_write: impl Fn() -> bool,
    ) {
        if self.served != Some(true) {
            return;
        }
        let now = Instant::now();
        let due = self.retries.iter().filter(|(_, retry)| retry.is_due(now));
        namespaces.extend(due.map(|(namespace, _)| namespace.clone()));
        for namespace in namespaces {
            if !may_write() {
                return;
            }
            match self.publish_namespace(&namespace, ledger, metrics, &may_write).await {
                Ok(()) => {
                    self.retries.remove(&namespace);
                }
                Err(error) => self.note_failure(namespace, &error, metrics),
            }
        }
    }

    async fn publish_namespace(
        &mut self,
        namespace: &str,
        ledger: &Ledger,
        metrics: &Metrics,
        may_write: &impl Fn() -> bool,
    ) -> kube::Result<()> {
        let wanted = reports::reports(namespace, ledger.within(namespace), self.ceiling);
        let start = (namespace.to_owned(), String::new());
        let there = self.written.range(start..).take_while(|((of, _), _)| of == namespace);
        let is_wanted = |name: &String| wanted.iter().any(|report| report.name == *name);
        let stale: Vec<String> =
            there.map(|((_, name), _)| name.clone()).filter(|name| !is_wanted(name)).collect();
        for report in wanted {
            let key = (namespace.to_owned(), report.name.clone());
            let digest = reports::digest(&report.body);
            let is_written = |written: &Written| written.digest == Some(digest);
            if !self.written.get(&key).is_some_and(is_written) && may_write() {
                let version = self.write(report).await?;
                metrics.reports.get_or_create(&ReportLabels { outcome: "written" }).inc();
                self.written.insert(key, Written { digest: Some(digest), version });
            }
        }
        // last, so that no finding is without a report in between
        for name in stale {
            if !may_write() {
                return Ok(());
            }
            let api = self.api_of(namespace);
            match in_time(api.delete(&name, &DeleteParams::default())).await {
                Err(kube::Error::Api(status)) if status.code == 404 => {}
                Err(error) => return Err(error),
                Ok(_) => {
                    metrics.reports.get_or_create(&ReportLabels { outcome: "deleted" }).inc();
                }
            }
            self.written.remove(&(namespace.to_owned(), name));
        }
        Ok(())
    }

    /// Writes a report; the version it is stored in.
    async fn write(&self, report: Report) -> kube::Result<String> {
        let mut body = report.body;
        if let Some(owner) = &self.owner {
            body["metadata"]["ownerReferences"] = owner.clone();
        }
        let api = self.api_of(&report.namespace);
        let (apply, body) = (PatchParams::apply(SOURCE).force(), Patch::Apply(body));
        in_time(api.patch(&report.name, &apply, &body)).await.map(|written| version(&written))
    }

    fn note_failure(&mut self, namespace: String, error: &kube::Error, metrics: &Metrics) {
        metrics.reports.get_or_create(&ReportLabels { outcome: "failed" }).inc();
        let now = Instant::now();
        if is_too_large(error) && self.ceiling > LOWEST_CEILING {
            self.ceiling /= 2;
            tracing::warn!(namespace, %error, bytes = self.ceiling, "reports are made smaller");
            self.retries.insert(namespace, Retry::at_once(now));
            return;
        }
        let retry = Retry::after(self.retries.get(&namespace), now);
        let seconds = retry.wait.as_secs();
        tracing::warn!(namespace, %error, seconds, "failed to write a report; it is tried again");
        self.retries.insert(namespace, retry);
    }
}

/// The gate's reports.
fn own() -> ListParams {
    ListParams::default().labels(&format!("{}={}", LABEL.0, LABEL.1))
}

fn key(metadata: &ObjectMeta) -> (String, String) {
    (metadata.namespace.clone().unwrap_or_default(), metadata.name.clone().unwrap_or_default())
}

fn version(object: &impl ResourceExt) -> String {
    object.resource_version().unwrap_or_default()
}

/// Whether a write was refused for its size, by the API server or by etcd behind it.
fn is_too_large(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status)
        if status.code == 413 || status.message.contains("too large") || status.message.contains("larger than"))
}
