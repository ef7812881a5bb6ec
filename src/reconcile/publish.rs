//! Writing reports: what differs from what is there, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

use super::events::is_terminating;
use super::lease::in_time;
use super::ledger::Entry;
use super::reports::{self, CEILING, LABEL, Report, SOURCE};
use super::retry::{Complaints, Retry};
use super::target::{TARGETS, Target};
use super::told::Told;
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

/// Where a report is: namespace, name and API.
type Place = (String, String, &'static Target);

/// The reports in the cluster, as far as this process knows them.
pub struct Publisher {
    client: Client,
    /// The namespace the gate is installed in; reports go when it goes.
    home: String,
    owner: Option<Value>,
    /// What the cluster serves, in the order of preference; nothing before it was asked.
    served: Option<Vec<&'static Target>>,
    /// Those of the API that is written to, and what was left behind in another.
    written: BTreeMap<Place, Written>,
    /// Namespaces whose reports could not be written.
    retries: BTreeMap<String, Retry>,
    complaints: Complaints,
    /// Most bytes of a report.
    pub ceiling: usize,
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
            complaints: Complaints::default(),
            ceiling: CEILING,
        }
    }

    /// Looks which reports the cluster serves; says so when that changed for what is written. Whether anything did.
    pub async fn discover(&mut self) -> kube::Result<bool> {
        let mut served = Vec::new();
        for target in &TARGETS {
            match self.serves(target).await {
                Ok(true) => served.push(target),
                Ok(false) => {}
                // nobody waits for what would not be written to
                Err(error) if !served.is_empty() => {
                    tracing::debug!(group = target.group, error = %Told(&error), "failed to ask whether reports are served");
                }
                Err(error) => return Err(error),
            }
        }
        let before = self.served.replace(served);
        if self.served == before {
            return Ok(false);
        }
        self.written.clear();
        self.retries.clear();
        if before.is_some_and(|before| before.first().copied() == self.target()) {
            return Ok(true);
        }
        if let Some(target) = self.target() {
            let version = target.api_version();
            tracing::info!(version, "the cluster serves reports; findings are written to them");
        } else {
            let versions = TARGETS.each_ref().map(Target::api_version).join(", ");
            tracing::info!(
                versions,
                "the cluster serves no reports; findings show in the log, in metrics and as Events only"
            );
        }
        Ok(true)
    }

    async fn serves(&self, target: &Target) -> kube::Result<bool> {
        match in_time(self.client.list_api_group_resources(&target.api_version())).await {
            Ok(served) => Ok([target.namespaced, target.clusterwide]
                .map(Target::plural)
                .iter()
                .all(|wanted| served.resources.iter().any(|resource| resource.name == *wanted))),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What is written to; nothing where no reports are served.
    pub fn target(&self) -> Option<&'static Target> {
        self.served.as_ref()?.first().copied()
    }

    /// Reads the reports that are there, whoever wrote them; the findings they show.
    pub async fn read(&mut self) -> kube::Result<Vec<Entry>> {
        if self.target().is_none() {
            return Ok(Vec::new());
        }
        self.owner = self.find_owner().await?;
        self.written.clear();
        let mut entries = Vec::new();
        for (index, target) in self.served.clone().into_iter().flatten().enumerate() {
            match self.read_from(target).await {
                Ok(read) => entries.extend(read),
                Err(error) if index > 0 => {
                    tracing::warn!(group = target.group, error = %Told(&error), "failed to look for reports left behind");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(entries)
    }

    async fn read_from(&mut self, target: &'static Target) -> kube::Result<Vec<Entry>> {
        let (mut written, mut entries) = (BTreeMap::new(), Vec::new());
        for kind in [target.namespaced, target.clusterwide] {
            let api = self.api(target, kind, None);
            let mut page = own().limit(PAGE);
            loop {
                let list = in_time(api.list(&page)).await?;
                for object in list.items {
                    let report = serde_json::to_value(&object).unwrap_or_default();
                    entries.extend(reports::entries(&report));
                    let digest = Some(reports::digest(&report));
                    let version = version(&object);
                    written.insert(place(target, &object.metadata), Written { digest, version });
                }
                page.continue_token = list.metadata.continue_.filter(|token| !token.is_empty());
                if page.continue_token.is_none() {
                    break;
                }
            }
        }
        self.written.extend(written);
        Ok(entries)
    }

    /// Looks for reports that somebody else has changed, removed or added since; their namespaces.
    pub async fn changed_by_others(&mut self) -> kube::Result<BTreeSet<String>> {
        let Some(target) = self.target() else { return Ok(BTreeSet::new()) };
        let mut there = BTreeMap::new();
        for kind in [target.namespaced, target.clusterwide] {
            let list = in_time(self.api(target, kind, None).list_metadata(&own())).await?;
            there.extend(
                list.items.into_iter().map(|object| (place(target, &object.metadata), version(&object))),
            );
        }
        let is_gone = |place: &Place| place.2 == target && !there.contains_key(place);
        let gone = self.written.keys().filter(|place| is_gone(place));
        let mut changed: BTreeSet<String> = gone.map(|(namespace, ..)| namespace.clone()).collect();
        self.written.retain(|place, _| !is_gone(place));
        for (place, version) in there {
            if self.written.get(&place).is_none_or(|written| written.version != version) {
                changed.insert(place.0.clone());
                self.written.insert(place, Written { digest: None, version });
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

    fn api(&self, target: &Target, kind: &str, namespace: Option<&str>) -> Api<DynamicObject> {
        let kind = GroupVersionKind::gvk(target.group, target.version, kind);
        let resource = ApiResource::from_gvk_with_plural(&kind, &Target::plural(&kind.kind));
        match namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        }
    }

    fn api_of(&self, target: &Target, namespace: &str) -> Api<DynamicObject> {
        self.api(target, target.kind(namespace), Some(namespace).filter(|namespace| !namespace.is_empty()))
    }

    /// The namespaces with reports.
    pub fn namespaces(&self) -> BTreeSet<String> {
        self.written.keys().map(|(namespace, ..)| namespace.clone()).collect()
    }

    /// The namespaces whose reports could not be written, and are due again.
    pub fn due(&self) -> Vec<String> {
        let now = Instant::now();
        let due = self.retries.iter().filter(|(_, retry)| retry.is_due(now));
        due.map(|(namespace, _)| namespace.clone()).collect()
    }

    /// Puts `wanted` in the place of the reports about `namespace`, for as long as `may_write`.
    pub async fn publish(
        &mut self,
        target: &'static Target,
        namespace: &str,
        wanted: Vec<Report>,
        metrics: &Metrics,
        may_write: impl Fn() -> bool,
    ) {
        match self.replace(target, namespace, wanted, metrics, &may_write).await {
            // a namespace on its way out takes its reports along
            Err(kube::Error::Api(status)) if is_terminating(&status) => {
                self.retries.remove(namespace);
            }
            Err(error) => self.note_failure(namespace, &error, metrics),
            Ok(()) => {
                self.retries.remove(namespace);
            }
        }
    }

    async fn replace(
        &mut self,
        target: &'static Target,
        namespace: &str,
        wanted: Vec<Report>,
        metrics: &Metrics,
        may_write: &impl Fn() -> bool,
    ) -> kube::Result<()> {
        let start = (namespace.to_owned(), String::new(), target);
        let there = self.written.range(start..).take_while(|((of, ..), _)| of == namespace);
        let is_wanted = |(_, name, of): &Place| *of == target && wanted.iter().any(|w| w.name == *name);
        let stale: Vec<Place> =
            there.map(|(place, _)| place.clone()).filter(|place| !is_wanted(place)).collect();
        for report in wanted {
            let place = (namespace.to_owned(), report.name.clone(), target);
            let digest = report.digest;
            let is_written = |written: &Written| written.digest == Some(digest);
            if !self.written.get(&place).is_some_and(is_written) && may_write() {
                let version = self.write(target, report).await?;
                metrics.reports.get_or_create(&ReportLabels { outcome: "written" }).inc();
                self.written.insert(place, Written { digest: Some(digest), version });
            }
        }
        // last, so that no finding is without a report in between
        for place in stale {
            if !may_write() {
                return Ok(());
            }
            let api = self.api_of(place.2, namespace);
            match in_time(api.delete(&place.1, &DeleteParams::default())).await {
                Err(kube::Error::Api(status)) if status.code == 404 => {}
                Err(error) => return Err(error),
                Ok(_) => {
                    metrics.reports.get_or_create(&ReportLabels { outcome: "deleted" }).inc();
                }
            }
            self.written.remove(&place);
        }
        Ok(())
    }

    /// Writes a report; the version it is stored in.
    async fn write(&self, target: &Target, report: Report) -> kube::Result<String> {
        let mut body = report.body;
        if let Some(owner) = &self.owner {
            body["metadata"]["ownerReferences"] = owner.clone();
        }
        let api = self.api_of(target, &report.namespace);
        let (apply, body) = (PatchParams::apply(SOURCE).force(), Patch::Apply(body));
        in_time(api.patch(&report.name, &apply, &body)).await.map(|written| version(&written))
    }

    fn note_failure(&mut self, namespace: &str, error: &kube::Error, metrics: &Metrics) {
        metrics.reports.get_or_create(&ReportLabels { outcome: "failed" }).inc();
        let now = Instant::now();
        if is_too_large(error) && self.ceiling > LOWEST_CEILING {
            self.ceiling /= 2;
            tracing::warn!(namespace, error = %Told(error), bytes = self.ceiling, "reports are made smaller");
            self.retries.insert(namespace.to_owned(), Retry::at_once(now));
            return;
        }
        let retry = Retry::after(self.retries.get(namespace), now);
        let seconds = retry.wait.as_secs();
        self.retries.insert(namespace.to_owned(), retry);
        // there may be very many namespaces
        if self.complaints.are_due(now) {
            let namespaces = self.retries.len();
            tracing::warn!(
                namespace, error = %Told(error), seconds, namespaces,
                "failed to write a report; it is tried again"
            );
        }
    }
}

/// The gate's reports.
fn own() -> ListParams {
    ListParams::default().labels(&format!("{}={}", LABEL.0, LABEL.1))
}

fn place(target: &'static Target, metadata: &ObjectMeta) -> Place {
    (metadata.namespace.clone().unwrap_or_default(), metadata.name.clone().unwrap_or_default(), target)
}

fn version(object: &impl ResourceExt) -> String {
    object.resource_version().unwrap_or_default()
}

/// Whether a write was refused for its size, by the API server or by etcd behind it.
fn is_too_large(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status)
        if status.code == 413 || status.message.contains("too large") || status.message.contains("larger than"))
}
