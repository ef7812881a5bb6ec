//! Reaching a cluster as kubectl does.

use std::path::PathBuf;

use anyhow::Context;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use super::args::ClusterArgs;
use crate::model::{Kind, Object, Snapshot};
use crate::reconcile::list::{self, Listing};
use crate::report::check::Unreadable;

/// What stands for a file's name where an object comes from the cluster.
const CLUSTER: &str = "<cluster>";

/// A client for the cluster that `kubeconfig` names.
pub(super) async fn client_of(kubeconfig: &PathBuf, options: &KubeConfigOptions) -> anyhow::Result<Client> {
    let read = Kubeconfig::read_from(kubeconfig);
    let read = read.with_context(|| format!("failed to read {}", kubeconfig.display()))?;
    let config = Config::from_custom_kubeconfig(read, options).await;
    let config = config.with_context(|| format!("failed to use {}", kubeconfig.display()))?;
    Client::try_from(config).context("failed to set up the Kubernetes client")
}

async fn client(args: &ClusterArgs) -> anyhow::Result<Client> {
    let options = KubeConfigOptions { context: args.kube_context.clone(), ..KubeConfigOptions::default() };
    if let Some(kubeconfig) = &args.kubeconfig {
        return client_of(kubeconfig, &options).await;
    }
    let config = Config::from_kubeconfig(&options).await.context("failed to use the current kubeconfig")?;
    Client::try_from(config).context("failed to set up the Kubernetes client")
}

/// Lists the cluster; `None` unless `--live` asks for it.
pub(super) fn list(args: &ClusterArgs) -> anyhow::Result<Option<Listing>> {
    if !args.live {
        return Ok(None);
    }
    // kube would install its own choice behind our back; a second installation is refused, and that is fine
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("failed to start the runtime")?.block_on(async {
        let client = client(args).await?;
        list::list(&client).await.map(Some).context("failed to ask the cluster")
    })
}

/// The kinds that could not be listed, as they are reported.
pub(super) fn unreadable(listing: &Listing) -> impl Iterator<Item = Unreadable> {
    listing.refused.iter().map(|(kind, error)| Unreadable {
        file: CLUSTER.to_owned(),
        line: 0,
        column: 0,
        message: format!("failed to list {}: {error}", kind.plural()),
    })
}

/// The objects of a cluster in the order of kinds, namespaces and names, as if they stood in one file.
pub(super) fn objects(snapshot: &Snapshot) -> Vec<(&'static str, usize, Object<'_>)> {
    let served = Kind::ALL.iter().filter(|kind| kind.is_served());
    let mut objects: Vec<Object<'_>> = served.flat_map(|kind| snapshot.all(*kind)).collect();
    objects.sort_by_key(|object| (object.kind(), object.namespace(), object.name()));
    objects.into_iter().enumerate().map(|(index, object)| (CLUSTER, index + 1, object)).collect()
}
