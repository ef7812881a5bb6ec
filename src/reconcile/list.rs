//! One look at a cluster, without watching it.

use std::collections::BTreeSet;

use kube::Client;
use kube::api::{Api, ApiResource, ListParams};

use super::object::Watched;
use super::store::{Event, Store};
use super::watch::{fields, kinds, served};
use crate::model::{Document, Kind, Snapshot};
use crate::rules;

/// Objects asked for at a time, as kubectl does.
const PAGE: u32 = 500;

/// What a cluster holds.
#[derive(Debug)]
pub struct Listing {
    /// The objects of every kind that could be listed; the others count as not looked at.
    pub snapshot: Snapshot,
    /// The kinds that could not be listed, and why.
    pub refused: Vec<(Kind, kube::Error)>,
}

/// Lists every kind that rules judge or read, and those of `more`. Fails when the cluster does not answer at all.
pub async fn list(client: &Client, more: &[Kind]) -> kube::Result<Listing> {
    let judged = rules::all().flat_map(|rule| rule.applies_to.iter()).chain(more).copied();
    let kinds: BTreeSet<Kind> = judged.filter(|kind| kind.is_served()).chain(kinds()).collect();
    let mut store = Store::new(kinds.iter().copied());
    store.apply(Event::Version(client.apiserver_version().await?.git_version));
    let mut refused = Vec::new();
    for kind in kinds {
        match objects(client, kind).await {
            Ok(Some(documents)) => store.list(kind, documents),
            Ok(None) => store.apply(Event::NotServed(kind)),
            Err(error) => refused.push((kind, error)),
        }
    }
    let (snapshot, _) = store.snapshot();
    Ok(Listing { snapshot, refused })
}

/// The objects of a kind; `None` where the cluster does not serve it.
async fn objects(client: &Client, kind: Kind) -> kube::Result<Option<Vec<Document>>> {
    match served(client, kind).await? {
        // when AKO's configuration was changed is in its managed fields
        Some(resource) if kind == Kind::ConfigMap => pages::<true>(client, kind, &resource).await.map(Some),
        Some(resource) => pages::<false>(client, kind, &resource).await.map(Some),
        None => Ok(None),
    }
}

async fn pages<const WHOLE: bool>(
    client: &Client,
    kind: Kind,
    resource: &ApiResource,
) -> kube::Result<Vec<Document>> {
    let api: Api<Watched<WHOLE>> = Api::all_with(client.clone(), resource);
    let mut params = ListParams { field_selector: fields(kind), ..ListParams::default().limit(PAGE) };
    let mut documents = Vec::new();
    loop {
        let page = match api.list(&params).await {
            // the list grew too old between two pages; in one piece it cannot
            Err(kube::Error::Api(status)) if status.code == 410 && params.limit.is_some() => {
                documents.clear();
                (params.limit, params.continue_token) = (None, None);
                continue;
            }
            page => page?,
        };
        documents.extend(page.items.into_iter().map(|object| object.document));
        params.continue_token = page.metadata.continue_.filter(|token| !token.is_empty());
        if params.continue_token.is_none() {
            return Ok(documents);
        }
    }
}
