//! Watching the kinds that rules read. Kinds the cluster does not serve are looked for again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

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
use super::retry::Complaints;
use super::store::{Event, Store};
use super::told::{OfWatch, Told};
use crate::facts::ako::config::Config;
use crate::model::Kind;
use crate::process::metrics::Metrics;
use crate::process::readiness::Readiness;
use crate::process::world::Current;
use crate::rule::Rule;
use crate::rules;

/// How often a kind that is not served is looked for again.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// Rest before what failed is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// Events that may wait; a watch that is ahead waits itself.
const QUEUE: usize = 1024;
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
    let mut complaints = Complaints::default();
    loop {
        let pause = match client.apiserver_version().await {
            Ok(info) => {
                if events.send(Event::Version(info.git_version)).await.is_err() {
                    return;
                }
                LOOK_AGAIN
            }
            Err(error) => {
                if complaints.are_due(Instant::now()) {
                    tracing::warn!(error = %Told(&error), "failed to ask for the API server's version");
                }
                RETRY
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
        if batch.iter().any(Event::is_watched) {
            metrics.touch_snapshot();
        }
        batch.drain(..).for_each(|event| store.apply(event));
        if !store.take_news() {
            continue;
        }
        let (snapshot, complete) = store.snapshot();
        let objects: usize = Kind::ALL.iter().map(|kind| snapshot.count(*kind)).sum();
        metrics.snapshot_objects.set(i64::try_from(objects).unwrap_or(i64::MAX));
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

/// How the objects that exist already are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Initially {
    /// One by one, by the watch itself.
    Streamed,
    /// In pages, and then a watch.
    Paged,
}

impl Initially {
    /// What to try first. Before 1.27 an API server does not know `sendInitialEvents`: it ignores it, and never says
    /// that the list is complete. From then on it refuses what is switched off (feature gate `WatchList`, KEP-3157).
    async fn of(client: &Client) -> kube::Result<Self> {
        let minor = client.apiserver_version().await?.minor;
        let minor: Option<u32> = minor.trim_end_matches('+').parse().ok();
        Ok(if minor.is_some_and(|minor| minor >= 27) { Self::Streamed } else { Self::Paged })
    }
}

/// Follows one kind.
async fn follow(client: Client, kind: Kind, events: mpsc::Sender<Event>) {
    let mut is_refused = false;
    let mut complaints = Complaints::default();
    while !events.is_closed() {
        let found = match served(&client, kind).await {
            Ok(Some(resource)) if is_refused => Ok(Some((resource, Initially::Paged))),
            Ok(Some(resource)) => Initially::of(&client).await.map(|initially| Some((resource, initially))),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        let end = match found {
            // when AKO's configuration was changed is in its managed fields
            Ok(Some((resource, initially))) if kind == Kind::ConfigMap => {
                watch::<true>(&client, kind, &resource, initially, &events).await
            }
            Ok(Some((resource, initially))) => {
                watch::<false>(&client, kind, &resource, initially, &events).await
            }
            Ok(None) => {
                let _ = events.send(Event::NotServed(kind)).await;
                tokio::time::sleep(LOOK_AGAIN).await;
                continue;
            }
            Err(error) => {
                if complaints.are_due(Instant::now()) {
                    tracing::warn!(kind = kind.name(), error = %Told(&error), "failed to ask which versions are served");
                }
                tokio::time::sleep(RETRY).await;
                continue;
            }
        };
        match end {
            End::NotServed => tokio::time::sleep(RETRY).await,
            End::NotStreamed => is_refused = true,
        }
    }
}

/// Why a kind can be followed no longer.
enum End {
    /// The cluster does not serve it, at least not in this version.
    NotServed,
    /// The API server streams no lists.
    NotStreamed,
}

impl End {
    /// What an error of a watch means for it, if anything.
    fn of(error: &watcher::Error) -> Option<Self> {
        use watcher::Error::{InitialListFailed, WatchFailed, WatchStartFailed};
        let (InitialListFailed(error) | WatchStartFailed(error) | WatchFailed(error)) = error else {
            return None;
        };
        match error {
            kube::Error::Api(status) if status.code == 404 => Some(Self::NotServed),
            // "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"
            // (k8s.io/apimachinery@v0.36.3:pkg/apis/meta/internalversion/validation/validation.go)
            kube::Error::Api(status) if status.message.contains("sendInitialEvents") => {
                Some(Self::NotStreamed)
            }
            _ => None,
        }
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

/// Follows one kind in one version for as long as that can be done.
async fn watch<const WHOLE: bool>(
    client: &Client,
    kind: Kind,
    resource: &ApiResource,
    initially: Initially,
    events: &mpsc::Sender<Event>,
) -> End {
    let api: Api<Watched<WHOLE>> = Api::all_with(client.clone(), resource);
    let mut stream = watcher(api, config(kind, initially)).default_backoff().boxed();
    loop {
        let event = match stream.try_next().await {
            Ok(Some(event)) => event,
            Ok(None) => return End::NotServed,
            Err(error) => {
                if let Some(end) = End::of(&error) {
                    return end;
                }
                tracing::warn!(kind = kind.name(), error = %OfWatch(&error), "a watch failed and is tried again");
                continue;
            }
        };
        let event = match event {
            watcher::Event::Init => Event::Listing(kind),
            watcher::Event::InitDone => Event::Listed(kind),
            watcher::Event::InitApply(object) | watcher::Event::Apply(object) => {
                Event::Applied(kind, prune(&object.document, kind))
            }
            watcher::Event::Delete(object) => {
                Event::Deleted(kind, object.namespace().unwrap_or_default(), object.name_any())
            }
        };
        if events.send(event).await.is_err() {
            return End::NotServed;
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
fn config(kind: Kind, initially: Initially) -> watcher::Config {
    let config = watcher::Config { field_selector: fields(kind), ..watcher::Config::default() };
    let config = if initially == Initially::Streamed { config.streaming_lists() } else { config };
    match kind {
        Kind::Endpoints => config.labels("endpoints.kubernetes.io/managed-by!=endpoint-controller"),
        Kind::Pod => config.fields("metadata.name=ako-0"),
        _ => config,
    }
}
