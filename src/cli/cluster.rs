//! Reaching a cluster as kubectl does.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use super::args::ClusterArgs;
use super::input::Input;
use crate::decode::SyntaxError;
use crate::model::{Kind, Snapshot, Stored};
use crate::reconcile::list::{self, Listing};
use crate::reconcile::told::Told;

/// What stands for a file's name where an object comes from the cluster.
const CLUSTER: &str = "<cluster>";

/// How to reach the cluster that `kubeconfig` names.
pub(super) async fn config_of(kubeconfig: &PathBuf, options: &KubeConfigOptions) -> anyhow::Result<Config> {
    let read = Kubeconfig::read_from(kubeconfig);
    let read = read.with_context(|| format!("failed to read {}", kubeconfig.display()))?;
    let config = Config::from_custom_kubeconfig(read, options).await;
    config.with_context(|| format!("failed to use {}", kubeconfig.display()))
}

/// A client for the cluster that `kubeconfig` and its `context` name, as kubectl would choose where they say nothing.
pub(super) async fn of_choice(
    kubeconfig: Option<&PathBuf>,
    context: Option<&String>,
) -> anyhow::Result<Client> {
    let options = KubeConfigOptions { context: context.cloned(), ..KubeConfigOptions::default() };
    let config = match kubeconfig {
        Some(kubeconfig) => config_of(kubeconfig, &options).await?,
        None => Config::from_kubeconfig(&options).await.context("failed to use the current kubeconfig")?,
    };
    Client::try_from(config).context("failed to set up the Kubernetes client")
}

/// What a command is given: the cluster, if `--live` asks for it, and files.
pub(super) struct Given {
    /// The cluster without the files.
    pub(super) cluster: Option<Snapshot>,
    /// What is judged.
    pub(super) inputs: Vec<Input>,
    /// What surrounds it.
    pub(super) context: Vec<Input>,
}

/// Puts the cluster around files, or in their place where there are none. `more` are kinds that the command reads
/// beside those of the rules.
pub(super) fn given(
    args: &ClusterArgs,
    more: &[Kind],
    paths: &[PathBuf],
    mut inputs: Vec<Input>,
    mut context: Vec<Input>,
) -> anyhow::Result<Given> {
    if !args.live {
        return Ok(Given { cluster: None, inputs, context });
    }
    let Listing { snapshot, refused } = list(args, more)?;
    let errors = refused.into_iter().map(|(kind, error)| {
        let message = format!("failed to list {}: {}", kind.plural(), Told(&error));
        SyntaxError { line: 0, column: 0, message }
    });
    let errors = errors.collect();
    let live = Input { file: CLUSTER.to_owned(), objects: objects(&snapshot), errors, ..Input::default() };
    if paths.is_empty() {
        inputs.push(live);
    } else {
        context.insert(0, live);
    }
    Ok(Given { cluster: Some(snapshot), inputs, context })
}

fn list(args: &ClusterArgs, more: &[Kind]) -> anyhow::Result<Listing> {
    // kube would install its own choice behind our back; a second installation is refused, and that is fine
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("failed to start the runtime")?.block_on(async {
        let client = of_choice(args.kubeconfig.as_ref(), args.kube_context.as_ref()).await?;
        list::list(&client, more).await.context("failed to ask the cluster")
    })
}

/// The objects of a cluster in the order of kinds, namespaces and names, numbered as if they stood in one file.
fn objects(snapshot: &Snapshot) -> Vec<(usize, Arc<Stored>)> {
    let mut objects: Vec<&Arc<Stored>> = Kind::ALL.iter().flat_map(|kind| snapshot.stored(*kind)).collect();
    objects.sort_by(|a, b| a.object().identity().cmp(&b.object().identity()));
    objects.into_iter().enumerate().map(|(index, stored)| (index + 1, Arc::clone(stored))).collect()
}
