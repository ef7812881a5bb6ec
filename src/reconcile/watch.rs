//! Watching the kinds that rules read. Kinds the cluster does not serve are looked for again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use kube::api::{Api, ApiResource};
use kube::core::GroupVersionKind;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, watcher};
use kube::{Client, ResourceExt};
use tokio::sync::mpsc;

use super::lead::Pending;
use super::object::Watched;
use super::prune::prune;
use super::store::{Event, Store};
use crate::facts::ako::config::Config;
use crate::model::Kind;
use crate::process::metrics::Metrics;
use crate::process::readiness::Readiness;
use crate::process::world::Current;
use crate::rule::Rule;
use crate::rules;

/// How often a kind that is not served is looked for again.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// Events that may wait; a watch that is ahead waits itself.
const QUEUE: usize = 4096;
/// Events taken in before the next snapshot is published.
const BATCH: usize = 1024;

/// The kinds to watch: what rules read and judge, and what tells AKO's release and the platform.
pub fn kinds() -> BTreeSet<Kind> {
    let of = |rule: &'static Rule| rule.reads.iter().chain(rule.applies_to).copied();
    let kinds = rules::all().flat_map(of).chain([Kind::StatefulSet, Kind::Route]);
    kinds.filter(|kind| kind.is_served()).collect()
}

/// Asks for the API server's version until it is known, and then now and again: clusters are upgraded.
async fn follow_version(client: Client, events: mpsc::Sender<Event>) {
    loop {
        let pause = match client.apiserver_version().await {
            Ok(info) => {
                if events.send(Event::Version(info.git_version)).await.is_err() {
                    return;
                }
                LOOK_AGAIN
            }
            Err(error) => {
                tracing::warn!(%error, "failed to ask for the API server's version");
                Duration::from_secs(1)
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Watches the cluster and keeps `current` up to date for as long as the process lives.
pub async fn run(
    client: Client,
    current: Arc<Current>,
    pending: Arc<Pending>,
    readiness: Arc<Readiness>,
    metrics: Arc<Metrics>,
) {
    let (sender, mut events) = mpsc::channel(QUEUE);
    tokio::spawn(follow_version(client.clone(), sender.clone()));
    for kind in kinds() {
        tokio::spawn(follow(client.clone(), kind, sender.clone()));
    }
    drop(sender);
    let mut store = Store::new(kinds());
    let mut batch = Vec::with_capacity(BATCH);
    while events.recv_many(&mut batch, BATCH).await > 0 {
        batch.drain(..).for_each(|event| store.apply(event));
        let (snapshot, complete) = store.snapshot();
        let objects: usize = Kind::ALL.iter().map(|kind| snapshot.count(*kind)).sum();
        metrics.snapshot_objects.set(i64::try_from(objects).unwrap_or(i64::MAX));
        metrics.touch_snapshot();
        current.set_snapshot(snapshot, complete);
        // only now: whoever judges what was touched must find it in the snapshot
        pending.add(store.take_touched());
        note_release(&current, &metrics);
        if complete && !readiness.snapshot.swap(true, Ordering::Relaxed) {
            tracing::info!(objects, "the snapshot of the cluster is complete");
        }
    }
}

/// Says once, and counts, that the stated release is not the one that runs.
fn note_release(current: &Current, metrics: &Metrics) {
    let world = current.load();
    let differs = i64::from(world.profile.running_ako.is_some());
    if metrics.release_differs.set(differs) != differs
        && let Some(running) = world.profile.running_ako
    {
        let stated = &world.profile.ako.text;
        tracing::warn!(stated, %running, "the AKO that runs is of another era than the stated release");
    }
}

/// Follows one kind.
async fn follow(client: Client, kind: Kind, events: mpsc::Sender<Event>) {
    loop {
        match served(&client, kind).await {
            // when AKO's configuration was changed is in its managed fields
            Ok(Some(resource)) if kind == Kind::ConfigMap => {
                watch::<true>(&client, kind, &resource, &events).await;
            }
            Ok(Some(resource)) => watch::<false>(&client, kind, &resource, &events).await,
            Ok(None) => {
                if events.send(Event::NotServed(kind)).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(kind = kind.name(), %error, "failed to ask which versions are served");
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// The resource of a kind, in the version in which the cluster serves it; `None` when it serves none.
pub(super) async fn served(client: &Client, kind: Kind) -> kube::Result<Option<ApiResource>> {
    let version = served_version(client, kind).await?;
    Ok(version.map(|version| {
        let gvk = GroupVersionKind::gvk(kind.group(), &version, kind.name());
        ApiResource::from_gvk_with_plural(&gvk, kind.plural())
    }))
}

/// The version in which the cluster serves a kind; `None` when it serves none.
async fn served_version(client: &Client, kind: Kind) -> kube::Result<Option<String>> {
    let resources = if kind.group().is_empty() {
        client.list_core_api_resources("v1").await?
    } else {
        let groups = client.list_api_groups().await?;
        let group = groups.groups.into_iter().find(|group| group.name == kind.group());
        let Some(group) = group else { return Ok(None) };
        let mut versions = group.versions;
        // the group's preferred version first; a resource may be served in an older one only (L4Rule)
        versions.sort_by_key(|version| {
            group.preferred_version.as_ref().is_none_or(|preferred| preferred.version != version.version)
        });
        let mut found = None;
        for version in versions {
            let resources = client.list_api_group_resources(&version.group_version).await?;
            if resources.resources.iter().any(|resource| resource.name == kind.plural()) {
                found = Some(resources);
                break;
            }
        }
        let Some(resources) = found else { return Ok(None) };
        resources
    };
    Ok(Some(resources.group_version.rsplit('/').next().unwrap_or_default().to_owned()))
}

/// Follows one kind in one version until the cluster no longer serves it.
async fn watch<const WHOLE: bool>(
    client: &Client,
    kind: Kind,
    resource: &ApiResource,
    events: &mpsc::Sender<Event>,
) {
    let api: Api<Watched<WHOLE>> = Api::all_with(client.clone(), resource);
    let mut stream = watcher(api, config(kind)).default_backoff().boxed();
    let mut listed = Vec::new();
    loop {
        let event = match stream.try_next().await {
            Ok(Some(event)) => event,
            Ok(None) => return,
            Err(
                watcher::Error::InitialListFailed(kube::Error::Api(status))
                | watcher::Error::WatchStartFailed(kube::Error::Api(status))
                | watcher::Error::WatchFailed(kube::Error::Api(status)),
            ) if status.code == 404 => return,
            Err(error) => {
                tracing::warn!(kind = kind.name(), %error, "a watch failed and is tried again");
                continue;
            }
        };
        let event = match event {
            watcher::Event::Init => {
                listed.clear();
                continue;
            }
            watcher::Event::InitApply(object) => {
                listed.push(prune(&object.document, kind));
                continue;
            }
            watcher::Event::InitDone => Event::Listed(kind, std::mem::take(&mut listed)),
            watcher::Event::Apply(object) => Event::Applied(kind, prune(&object.document, kind)),
            watcher::Event::Delete(object) => {
                Event::Deleted(kind, object.namespace().unwrap_or_default(), object.name_any())
            }
        };
        if events.send(event).await.is_err() {
            return;
        }
    }
}

/// The field selector for a kind: of ConfigMaps only AKO's are asked for, so that nothing else of them is ever held.
pub(super) fn fields(kind: Kind) -> Option<String> {
    match kind {
        Kind::ConfigMap => Some(format!("metadata.name={}", Config::CONFIG_MAP)),
        Kind::StatefulSet => Some("metadata.name=ako".to_owned()),
        _ => None,
    }
}

/// What is watched of a kind: of Pods AKO's alone, since there are very many and what is wrong with them shows on their
/// Nodes and Services; of Endpoints those that the endpoint controller did not write, as it says from 1.33 on
/// (k8s.io/kubernetes@v1.36.3:pkg/controller/endpoint/endpoints_controller.go, `LabelManagedBy`).
fn config(kind: Kind) -> watcher::Config {
    let config = watcher::Config { field_selector: fields(kind), ..watcher::Config::default() };
    match kind {
        Kind::Endpoints => config.labels("endpoints.kubernetes.io/managed-by!=endpoint-controller"),
        Kind::Pod => config.fields("metadata.name=ako-0"),
        _ => config,
    }
}
