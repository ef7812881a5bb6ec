//! One look at a cluster, without watching it.

use std::collections::BTreeSet;

use kube::Client;
use kube::api::{Api, ApiResource, ListParams};

use super::object::Watched;
use super::prune::prune;
use super::store::{Event, Store};
use super::watch::{fields, kinds, served};
use crate::model::{Document, Kind, Snapshot};
use crate::rules;

/// Objects asked for at a time, as kubectl does.
const PAGE: u32 = 500;

/// What a cluster holds.
#[derive(Debug)]
pub struct Listing {
    /// The objects of every kind that could be listed, and what came of a list that broke off; what is missing of the
    /// others counts as not looked at.
    pub snapshot: Snapshot,
    /// The kinds that could not be listed, and why.
    pub refused: Vec<(Kind, kube::Error)>,
}

/// Lists every kind that rules judge or read, and those of `more`. Where rules alone look at them, only what rules read
/// is kept of the objects: there may be very many. Fails when the cluster does not answer at all.
pub async fn list(client: &Client, more: &[Kind]) -> kube::Result<Listing> {
    let judged = rules::all().flat_map(|rule| rule.applies_to.iter()).chain(more).copied();
    let kinds: BTreeSet<Kind> = judged.filter(|kind| kind.is_served()).chain(kinds()).collect();
    let mut store = Store::new(kinds.iter().copied());
    store.apply(Event::Version(client.apiserver_version().await?.git_version));
    let mut refused = Vec::new();
    for kind in kinds {
        let keep = |document| if more.is_empty() { prune(&document, kind) } else { document };
        if let Err(error) = take_in(client, kind, keep, &mut store).await {
            refused.push((kind, error));
        }
    }
    let (snapshot, _) = store.snapshot();
    Ok(Listing { snapshot, refused })
}

/// Puts the objects of a kind into the store, each as `keep` makes it.
async fn take_in(
    client: &Client,
    kind: Kind,
    keep: impl Fn(Document) -> Document,
    store: &mut Store,
) -> kube::Result<()> {
    match served(client, kind).await? {
        // when AKO's configuration was changed is in its managed fields
        Some(resource) if kind == Kind::ConfigMap => {
            pages::<true>(client, kind, &resource, keep, store).await
        }
        Some(resource) => pages::<false>(client, kind, &resource, keep, store).await,
        None => {
            store.apply(Event::NotServed(kind));
            Ok(())
        }
    }
}

async fn pages<const WHOLE: bool>(
    client: &Client,
    kind: Kind,
    resource: &ApiResource,
    keep: impl Fn(Document) -> Document,
    store: &mut Store,
) -> kube::Result<()> {
    let api: Api<Watched<WHOLE>> = Api::all_with(client.clone(), resource);
    let mut params = ListParams { field_selector: fields(kind), ..ListParams::default().limit(PAGE) };
    loop {
        let page = match api.list(&params).await {
            // the list grew too old between two pages; in one piece it cannot
            Err(kube::Error::Api(status)) if status.code == 410 && params.limit.is_some() => {
                (params.limit, params.continue_token) = (None, None);
                continue;
            }
            page => page?,
        };
        if params.continue_token.is_none() {
            store.apply(Event::Listing(kind));
        }
        for object in page.items {
            store.apply(Event::Applied(kind, keep(object.document)));
        }
        params.continue_token = page.metadata.continue_.filter(|token| !token.is_empty());
        if params.continue_token.is_none() {
            store.apply(Event::Listed(kind));
            return Ok(());
        }
    }
}
