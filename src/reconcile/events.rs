//! Events on the objects that findings are about: once when one appears, once when it is resolved.
//!
//! The name of an Event comes from the finding, so that a second leader does not say again what the first has said.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{Event, EventSource, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use kube::api::{Api, ApiResource, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::{GroupVersion, GroupVersionKind};
use kube::{Client, ResourceExt};
use serde_json::json;

use super::ledger::{Effects, Entry, Standing};
use super::reports::SOURCE;
use crate::model::{Action, ObjectRef};
use crate::process::metrics::{EventLabels, Metrics};
use crate::report::text::one_line;

/// Events that may be sent at once.
const BURST: u32 = 50;
/// How long until one more may be sent.
const REFILL: Duration = Duration::from_millis(200);
/// Events that may wait. More are dropped: reports, metrics and the log have everything.
const WAITING: usize = 1000;
/// Longest message (k8s.io/kubernetes@v1.36.3:pkg/apis/core/validation/events.go allows 1024 bytes).
const MAX_MESSAGE: usize = 250;
/// Longest object name in an Event's name, which may have 253 characters.
const MAX_NAME: usize = 220;
/// Where Events about cluster-scoped objects live.
const DEFAULT_NAMESPACE: &str = "default";

/// What an Event is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    object: ObjectRef,
    name: String,
    is_warning: bool,
    reason: &'static str,
    message: String,
    /// Whether the leader saw it happen, as opposed to finding it when it took over.
    is_live: bool,
}

/// What is to be said about some effects: one Event for each object and rule. What is only recorded or exempt is
/// nobody's to mend, and gets none.
pub fn notices(effects: &Effects, is_live: bool) -> Vec<Notice> {
    let sides =
        [(&effects.appeared, "FindingAppeared", ""), (&effects.resolved, "FindingResolved", ".resolved")];
    let mut found = Vec::new();
    for (entries, reason, suffix) in sides {
        let told = |entry: &&Entry| {
            matches!(entry.standing, Standing::Action(Action::Deny | Action::Warn)) && entry.id().is_some()
        };
        let told: Vec<&Entry> = entries.iter().filter(told).collect();
        for same in told.chunk_by(|a, b| a.object == b.object && a.rule == b.rule) {
            let Some(first) = same.first() else { continue };
            let more = if same.len() > 1 { format!(" (and {} more)", same.len() - 1) } else { String::new() };
            let message = match reason {
                "FindingAppeared" => format!("{} ({}){more}: {}", first.message, first.rule, first.remedy),
                _ => format!("no longer: {} ({}){more}", first.message, first.rule),
            };
            let object: String = first.object.name.chars().take(MAX_NAME).collect();
            found.push(Notice {
                object: first.object.clone(),
                name: format!("{object}.{}{suffix}", first.fingerprint),
                is_warning: reason == "FindingAppeared",
                reason,
                message: one_line(&message, MAX_MESSAGE),
                is_live,
            });
        }
    }
    found
}

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
    waiting: VecDeque<Notice>,
    bucket: Bucket,
}

impl Events {
    /// Sends in the name of the process called `identity`.
    pub fn new(client: Client, identity: String) -> Self {
        let bucket = Bucket { left: BURST, since: Instant::now() };
        Self { client, identity, waiting: VecDeque::new(), bucket }
    }

    /// Puts notices into the queue, those that fit.
    pub fn add(&mut self, notices: Vec<Notice>, metrics: &Metrics) {
        for notice in notices {
            if self.waiting.len() < WAITING {
                self.waiting.push_back(notice);
            } else {
                metrics.events.get_or_create(&EventLabels { outcome: "dropped" }).inc();
            }
        }
    }

    /// Whether something waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Sends what may be sent now, for as long as `may_write`.
    pub async fn send(&mut self, metrics: &Metrics, now: jiff::Timestamp, may_write: impl Fn() -> bool) {
        while !self.waiting.is_empty() && may_write() && self.bucket.take(Instant::now()) {
            let Some(notice) = self.waiting.pop_front() else { return };
            let outcome = match self.deliver(&notice, now).await {
                Ok(outcome) => outcome,
                Err(error) => {
                    let ObjectRef { kind, namespace, name, .. } = &notice.object;
                    tracing::warn!(kind, namespace, name, %error, "failed to write an Event");
                    "failed"
                }
            };
            metrics.events.get_or_create(&EventLabels { outcome }).inc();
        }
    }

    async fn deliver(&self, notice: &Notice, now: jiff::Timestamp) -> kube::Result<&'static str> {
        // kubectl describe finds Events by the uid of the object
        let Some(uid) = self.uid(&notice.object).await? else { return Ok("object gone") };
        let namespace = match notice.object.namespace.as_str() {
            "" => DEFAULT_NAMESPACE,
            namespace => namespace,
        };
        let api: Api<Event> = Api::namespaced(self.client.clone(), namespace);
        match api.create(&PostParams::default(), &event(notice, namespace, uid, &self.identity, now)).await {
            Ok(_) => Ok("created"),
            // the leader before has said it already
            Err(kube::Error::Api(status)) if status.code == 409 && !notice.is_live => Ok("known"),
            Err(kube::Error::Api(status)) if status.code == 409 => {
                let count = api.get_opt(&notice.name).await?.and_then(|event| event.count).unwrap_or(1);
                let again = json!({"count": count.saturating_add(1), "lastTimestamp": Time(now)});
                api.patch(&notice.name, &PatchParams::default(), &Patch::Merge(again)).await?;
                Ok("repeated")
            }
            // the namespace is on its way out, and everything in it
            Err(kube::Error::Api(status)) if status.code == 404 || is_terminating(&status) => {
                Ok("object gone")
            }
            Err(error) => Err(error),
        }
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

/// Whether a request was refused because its namespace is being deleted.
pub fn is_terminating(status: &kube::core::Status) -> bool {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    causes.into_iter().any(|cause| cause.reason == "NamespaceTerminating")
}

fn event(notice: &Notice, namespace: &str, uid: String, identity: &str, now: jiff::Timestamp) -> Event {
    let ObjectRef { api_version, kind, namespace: of, name } = notice.object.clone();
    Event {
        metadata: ObjectMeta {
            name: Some(notice.name.clone()),
            namespace: Some(namespace.to_owned()),
            ..ObjectMeta::default()
        },
        involved_object: ObjectReference {
            api_version: Some(api_version),
            kind: Some(kind),
            namespace: (!of.is_empty()).then_some(of),
            name: Some(name),
            uid: Some(uid),
            ..ObjectReference::default()
        },
        type_: Some(if notice.is_warning { "Warning" } else { "Normal" }.to_owned()),
        reason: Some(notice.reason.to_owned()),
        message: Some(notice.message.clone()),
        count: Some(1),
        first_timestamp: Some(Time(now)),
        last_timestamp: Some(Time(now)),
        source: Some(EventSource { component: Some(SOURCE.to_owned()), host: None }),
        reporting_component: Some(SOURCE.to_owned()),
        reporting_instance: Some(identity.to_owned()),
        ..Event::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(rule: &str, field: &str, standing: Standing) -> Entry {
        let object = ObjectRef {
            api_version: "v1".into(),
            kind: "Service".into(),
            namespace: "shop".into(),
            name: "web".into(),
        };
        Entry {
            fingerprint: format!("{rule}-{field}"),
            rule: rule.into(),
            object,
            field: field.into(),
            value: String::new(),
            message: format!("{field}: wrong"),
            consequence: String::new(),
            remedy: "mend it".into(),
            standing,
            since: 0,
        }
    }

    #[test]
    fn one_event_for_an_object_and_a_rule() {
        let deny = || Standing::Action(Action::Deny);
        let effects = Effects {
            appeared: vec![entry("x", "a", deny()), entry("x", "b", deny()), entry("y", "a", deny())],
            resolved: vec![entry("z", "a", deny())],
            ..Effects::default()
        };
        let said: Vec<String> =
            notices(&effects, true).into_iter().map(|n| format!("{} {}", n.name, n.message)).collect();
        assert_eq!(
            said,
            [
                "web.x-a a: wrong (x) (and 1 more): mend it",
                "web.y-a a: wrong (y): mend it",
                "web.z-a.resolved no longer: a: wrong (z)",
            ]
        );
    }

    #[test]
    fn what_is_only_recorded_is_not_said() {
        let quiet = [Standing::Action(Action::Audit), Standing::Exempt("r".into(), "o".into())];
        let appeared = quiet.into_iter().map(|standing| entry("x", "a", standing)).collect();
        assert!(notices(&Effects { appeared, ..Effects::default() }, true).is_empty());
    }

    #[test]
    fn a_burst_passes_and_then_one_at_a_time() {
        let start = Instant::now();
        let mut bucket = Bucket { left: BURST, since: start };
        assert_eq!((0..100).filter(|_| bucket.take(start)).count(), 50);
        assert!(bucket.take(start + REFILL) && !bucket.take(start + REFILL));
        assert_eq!((0..100).filter(|_| bucket.take(start + REFILL * 1000)).count(), 50);
    }
}
