//! Writing reports: what differs from what is there, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use kube::Client;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams};
use kube::core::GroupVersionKind;
use serde_json::{Value, json};

use super::ledger::{Entry, Ledger};
use super::reports::{self, API_VERSION, CEILING, LABEL, Report, SOURCE};
use crate::process::metrics::{Metrics, ReportLabels};

/// Reports read at once.
const PAGE: u32 = 50;
/// Waiting time after the first failure; it doubles up to [`LONGEST`].
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(1);
/// No ceiling goes below this, however often reports are refused as too large.
const LOWEST_CEILING: usize = 8 << 10;

/// A namespace whose reports could not be written.
#[derive(Debug)]
struct Retry {
    at: Instant,
    wait: Duration,
}

/// The reports in the cluster, as far as this process knows them.
pub struct Publisher {
    client: Client,
    /// The namespace the gate is installed in; reports go when it goes.
    home: String,
    owner: Option<Value>,
    served: Option<bool>,
    written: BTreeMap<(String, String), u64>,
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
        let served = match self.client.list_api_group_resources(API_VERSION).await {
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
        self.written.clear();
        if self.served != Some(true) {
            return Ok(Vec::new());
        }
        self.owner = self.find_owner().await?;
        let mut entries = Vec::new();
        for kind in ["Report", "ClusterReport"] {
            let api = self.api(kind, None);
            let mut page = ListParams::default().labels(&format!("{}={}", LABEL.0, LABEL.1)).limit(PAGE);
            loop {
                let list = api.list(&page).await?;
                for object in list.items {
                    let report = serde_json::to_value(&object).unwrap_or_default();
                    entries.extend(reports::entries(&report));
                    let namespace = object.metadata.namespace.unwrap_or_default();
                    let name = object.metadata.name.unwrap_or_default();
                    self.written.insert((namespace, name), reports::digest(&report));
                }
                page.continue_token = list.metadata.continue_.filter(|token| !token.is_empty());
                if page.continue_token.is_none() {
                    break;
                }
            }
        }
        Ok(entries)
    }

    /// The gate's own Namespace: when it is deleted, the reports follow.
    async fn find_owner(&self) -> kube::Result<Option<Value>> {
        let api: Api<k8s_openapi::api::core::v1::Namespace> = Api::all(self.client.clone());
        let uid = api.get_metadata_opt(&self.home).await?.and_then(|namespace| namespace.metadata.uid);
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
        let due = self.retries.iter().filter(|(_, retry)| retry.at <= now);
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
            if self.written.get(&key) != Some(&digest) && may_write() {
                self.write(report).await?;
                metrics.reports.get_or_create(&ReportLabels { outcome: "written" }).inc();
                self.written.insert(key, digest);
            }
        }
        // last, so that no finding is without a report in between
        for name in stale {
            if !may_write() {
                return Ok(());
            }
            match self.api_of(namespace).delete(&name, &DeleteParams::default()).await {
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

    async fn write(&self, report: Report) -> kube::Result<()> {
        let mut body = report.body;
        if let Some(owner) = &self.owner {
            body["metadata"]["ownerReferences"] = owner.clone();
        }
        let api = self.api_of(&report.namespace);
        api.patch(&report.name, &PatchParams::apply(SOURCE).force(), &Patch::Apply(body)).await?;
        Ok(())
    }

    fn note_failure(&mut self, namespace: String, error: &kube::Error, metrics: &Metrics) {
        metrics.reports.get_or_create(&ReportLabels { outcome: "failed" }).inc();
        let wait = match self.retries.get(&namespace) {
            Some(retry) => (retry.wait * 2).min(LONGEST),
            None => SHORTEST,
        };
        if is_too_large(error) && self.ceiling > LOWEST_CEILING {
            self.ceiling /= 2;
            tracing::warn!(namespace, %error, bytes = self.ceiling, "reports are made smaller");
            self.retries.insert(namespace, Retry { at: Instant::now(), wait: SHORTEST });
            return;
        }
        tracing::warn!(namespace, %error, seconds = wait.as_secs(), "failed to write a report; it is tried again");
        self.retries.insert(namespace, Retry { at: Instant::now() + wait, wait });
    }
}

/// Whether a write was refused for its size, by the API server or by etcd behind it.
fn is_too_large(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status)
        if status.code == 413 || status.message.contains("too large") || status.message.contains("larger than"))
}
