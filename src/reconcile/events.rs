//! Events on the objects that findings are about: once when one appears, once when it is resolved.
//!
//! The name of an Event comes from the finding, so that a second leader does not say again what the first has said.
//! What a leader has not yet sent when it is killed is not said; its reports show it.

mod notice;

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{Event, EventSource, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use kube::api::{Api, ApiResource, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::{GroupVersion, GroupVersionKind};
use kube::{Client, ResourceExt};
use notice::Queue;
pub use notice::{Notice, notices};
use serde_json::json;

use super::lease::in_time;
use super::ledger::Ledger;
use super::reports::SOURCE;
use super::retry::Retry;
use super::told::Told;
use crate::model::ObjectRef;
use crate::process::metrics::{EventLabels, Metrics};

/// Events that may be sent at once.
const BURST: u32 = 50;
/// How long until one more may be sent.
const REFILL: Duration = Duration::from_millis(200);
/// How long they are sent at a time: reports do not wait for an API server that takes its time.
const AT_A_TIME: Duration = Duration::from_secs(1);
/// How often one is tried that the cluster refuses.
const TRIES: u32 = 10;
/// Where Events about cluster-scoped objects live.
const DEFAULT_NAMESPACE: &str = "default";

/// Lets a burst pass, and then one at a time.
#[derive(Debug)]
struct Bucket {
    left: u32,
    since: Instant,
}

impl Bucket {
    fn take(&mut self, now: Instant) -> bool {
        let earned = now.duration_since(self.since).as_millis() / REFILL.as_millis();
        let earned = u32::try_from(earned).unwrap_or(BURST);
        if earned > 0 {
            self.left = self.left.saturating_add(earned).min(BURST);
            self.since = now;
        }
        let has_one = self.left > 0;
        self.left = self.left.saturating_sub(1);
        has_one
    }
}

/// Sends Events, slowly enough for the cluster.
pub struct Events {
    client: Client,
    identity: String,
    waiting: Queue,
    bucket: Bucket,
    /// Nothing is sent before, since the cluster refused something.
    retry: Option<Retry>,
}

impl Events {
    /// Sends in the name of the process called `identity`.
    pub fn new(client: Client, identity: String) -> Self {
        let bucket = Bucket { left: BURST, since: Instant::now() };
        Self { client, identity, waiting: Queue::default(), bucket, retry: None }
    }

    /// Puts notices into the queue, those that fit.
    pub fn add(&mut self, notices: Vec<Notice>, metrics: &Metrics) {
        for notice in notices {
            if !self.waiting.add(notice) {
                metrics.events.get_or_create(&EventLabels { outcome: "dropped" }).inc();
            }
        }
    }

    /// Goes on after a time in which somebody else may have led, and said what still waits here.
    pub fn resume(&mut self, published: &Ledger) {
        self.waiting.keep_true(published);
    }

    /// Sends what may be sent now, for as long as `may_write`.
    pub async fn send(&mut self, metrics: &Metrics, may_write: impl Fn() -> bool) {
        let started = Instant::now();
        while !self.waiting.is_empty()
            && started.elapsed() < AT_A_TIME
            && may_write()
            && self.retry.as_ref().is_none_or(|retry| retry.is_due(Instant::now()))
            && self.bucket.take(Instant::now())
        {
            let Some(notice) = self.waiting.pop() else { return };
            let outcome = match in_time(self.deliver(&notice)).await {
                Ok(outcome) => {
                    self.retry = None;
                    outcome
                }
                Err(error) => {
                    self.put_back(notice, &error);
                    "failed"
                }
            };
            metrics.events.get_or_create(&EventLabels { outcome }).inc();
        }
    }

    fn put_back(&mut self, mut notice: Notice, error: &kube::Error) {
        notice.failures += 1;
        let ObjectRef { kind, namespace, name, .. } = &notice.object;
        if notice.failures < TRIES {
            let retry = Retry::after(self.retry.as_ref(), Instant::now());
            let seconds = retry.wait.as_secs();
            tracing::warn!(kind, namespace, name, error = %Told(error), seconds, "failed to write an Event; it is tried again");
            self.retry = Some(retry);
            self.waiting.put_back(notice);
        } else {
            tracing::warn!(kind, namespace, name, error = %Told(error), "failed to write an Event too often");
        }
    }

    async fn deliver(&self, notice: &Notice) -> kube::Result<&'static str> {
        // kubectl describe finds Events by the uid of the object
        let Some(uid) = self.uid(&notice.object).await? else { return Ok("object gone") };
        let namespace = match notice.object.namespace.as_str() {
            "" => DEFAULT_NAMESPACE,
            namespace => namespace,
        };
        let api: Api<Event> = Api::namespaced(self.client.clone(), namespace);
        match api.create(&PostParams::default(), &event(notice, namespace, &uid, &self.identity)).await {
            Ok(_) => Ok("created"),
            Err(kube::Error::Api(status)) if status.code == 409 => self.repeat(&api, notice, &uid).await,
            // the namespace is on its way out, and everything in it
            Err(kube::Error::Api(status)) if status.code == 404 || is_terminating(&status) => {
                Ok("object gone")
            }
            Err(error) => Err(error),
        }
    }

    /// Counts an Event that is there once more, unless it is the last word already: the leader before has said it, or
    /// it was written and the answer was lost. One about an object of that name which is gone becomes one about `uid`
    /// (k8s.io/kubernetes@v1.36.3:pkg/apis/core/validation/events.go, `ValidateEventUpdate` lets it).
    async fn repeat(&self, api: &Api<Event>, notice: &Notice, uid: &str) -> kube::Result<&'static str> {
        let there = api.get_opt(&notice.name()).await?.unwrap_or_default();
        let is_same = there.involved_object.uid.as_deref() == Some(uid);
        if is_same && (!notice.is_live || notice.failures > 0) {
            let other = api.get_opt(&notice.name_of(!notice.appeared)).await?;
            if other.is_none_or(|other| age(&other) < age(&there)) {
                return Ok("known");
            }
        }
        let count = there.count.filter(|_| is_same).unwrap_or_default().saturating_add(1);
        let again = json!({"count": count, "lastTimestamp": Time(notice.at), "involvedObject": {"uid": uid}});
        api.patch(&notice.name(), &PatchParams::default(), &Patch::Merge(again)).await?;
        Ok("repeated")
    }

    async fn uid(&self, object: &ObjectRef) -> kube::Result<Option<String>> {
        let Some(kind) = crate::model::Kind::of(&object.api_version, &object.kind) else { return Ok(None) };
        let version = object.api_version.rsplit('/').next().unwrap_or_default();
        let group_version = GroupVersion::gv(kind.group(), version);
        let gvk = GroupVersionKind::gvk(&group_version.group, &group_version.version, kind.name());
        let resource = ApiResource::from_gvk_with_plural(&gvk, kind.plural());
        let api: Api<DynamicObject> = match object.namespace.as_str() {
            "" => Api::all_with(self.client.clone(), &resource),
            namespace => Api::namespaced_with(self.client.clone(), namespace, &resource),
        };
        Ok(api.get_metadata_opt(&object.name).await?.and_then(|object| object.uid()))
    }
}

/// Orders Events by when they were last written, whatever clocks say
/// (k8s.io/apimachinery@v0.36.3:pkg/util/resourceversion/resourceversion.go).
fn age(event: &Event) -> u64 {
    event.metadata.resource_version.as_deref().and_then(|version| version.parse().ok()).unwrap_or_default()
}

/// Whether a request was refused because its namespace is being deleted.
pub fn is_terminating(status: &kube::core::Status) -> bool {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    causes.into_iter().any(|cause| cause.reason == "NamespaceTerminating")
}

fn event(notice: &Notice, namespace: &str, uid: &str, identity: &str) -> Event {
    let ObjectRef { api_version, kind, namespace: of, name } = notice.object.clone();
    Event {
        metadata: ObjectMeta {
            name: Some(notice.name()),
            namespace: Some(namespace.to_owned()),
            ..ObjectMeta::default()
        },
        involved_object: ObjectReference {
            api_version: Some(api_version),
            kind: Some(kind),
            namespace: (!of.is_empty()).then_some(of),
            name: Some(name),
            uid: Some(uid.to_owned()),
            ..ObjectReference::default()
        },
        type_: Some(if notice.appeared { "Warning" } else { "Normal" }.to_owned()),
        reason: Some(notice.reason().to_owned()),
        message: Some(notice.message.clone()),
        count: Some(1),
        first_timestamp: Some(Time(notice.at)),
        last_timestamp: Some(Time(notice.at)),
        source: Some(EventSource { component: Some(SOURCE.to_owned()), host: None }),
        reporting_component: Some(SOURCE.to_owned()),
        reporting_instance: Some(identity.to_owned()),
        ..Event::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_one_at_a_time() {
        let start = Instant::now();
        let mut bucket = Bucket { left: BURST, since: start };
        assert_eq!((0..100).filter(|_| bucket.take(start)).count(), 50);
        assert!(bucket.take(start + REFILL) && !bucket.take(start + REFILL));
        assert_eq!((0..100).filter(|_| bucket.take(start + REFILL * 1000)).count(), 50);
    }
}
