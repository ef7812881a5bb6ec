//! `ako-gate serve`: the webhook and the watches, until told to stop.

use std::hash::{BuildHasher, Hasher};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, bail};
use kube::Client;
use kube::config::KubeConfigOptions;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::args::ServeArgs;
use super::{Outcome, cluster, common};
use crate::model::{Snapshot, Stated};
use crate::process::logging::Level;
use crate::process::metrics::Metrics;
use crate::process::readiness::Readiness;
use crate::process::signals::Stop;
use crate::process::traces;
use crate::process::world::Current;
use crate::process::{admin, logging};
use crate::reconcile::lead::{self, Office, Pending};
use crate::reconcile::watch;
use crate::rules;
use crate::settings::Settings;
use crate::webhook::authority::{Authority, Lives, jitter};
use crate::webhook::certificate::{Mounted, Served};
use crate::webhook::clients::Clients;
use crate::webhook::handler::Gate;
use crate::webhook::server::{self, Ending};
use crate::webhook::trust::{self, Keeper};
use crate::webhook::{policy, router, tls};

/// How often the settings file is looked at. A mounted ConfigMap is swapped by symlink, which watchers miss.
const REREAD: Duration = Duration::from_secs(2);

/// Longest silence of the API server before what it was asked is asked again over another connection: without an end, one
/// that leads nowhere would be waited for until the process ends. Longer than a webhook of others may take (30 seconds).
const SILENCE: Duration = Duration::from_secs(35);
/// The same for watches, which the API server ends after 290 seconds where nothing changes.
const SILENCE_OF_WATCHES: Duration = Duration::from_secs(305);

/// Exit code after a second signal, while the first was still being obeyed.
const ABORTED: u8 = 130;

pub(super) fn run(args: &ServeArgs) -> Outcome {
    let level = logging::start(args.log_json);
    // kube would install its own choice behind our back; a second installation is refused, and that is fine
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.context("failed to start the runtime")?.block_on(serve(args, level));
    traces::stop();
    outcome
}

async fn serve(args: &ServeArgs, level: Level) -> Outcome {
    let settings = common::settings(&args.knowledge)?;
    level.set(settings.log.as_deref());
    tell_of_expired(&settings);
    let empty = if args.standalone { Snapshot::complete() } else { Snapshot::default() };
    let snapshot = common::context(&args.knowledge, empty)?;
    let readiness = Arc::new(Readiness::default());
    let metrics = Arc::new(Metrics::default());
    metrics.count_denials(rules::all().map(|rule| rule.name));
    let current = Arc::new(Current::new(snapshot, settings, args.standalone));
    let mut stop_signal = Stop::listen().context("failed to listen to signals")?;

    let clients = args.client_ca_file.as_deref().map(Clients::read).transpose()?;
    // both ports are bound before anything is promised
    let https =
        server::listen(args.listen).with_context(|| format!("failed to listen on {}", args.listen))?;
    let http = server::listen(args.admin_listen)
        .with_context(|| format!("failed to listen on {}", args.admin_listen))?;
    let (client, patient) = if args.standalone {
        (None, None)
    } else {
        let of = async |silence| client(args.kubeconfig.as_ref(), silence).await;
        (Some(of(SILENCE).await?), Some(of(SILENCE_OF_WATCHES).await?))
    };
    let served = certificate(args, client.as_ref(), &current, &readiness, &metrics)?;

    let gate = Gate { current: Arc::clone(&current), metrics: Arc::clone(&metrics), today: common::today };
    if let Some(clients) = clients.clone() {
        tokio::spawn(clients.follow());
    }
    let tls = TlsAcceptor::from(Arc::new(tls::config_for(served, clients)?));
    let ending = Ending::default();
    let mut webhook = tokio::spawn(server::serve(https, tls, router::router(Arc::new(gate)), ending.clone()));
    let admin = admin::router(Arc::clone(&readiness), Arc::clone(&metrics));
    let admin = tokio::spawn(server::serve_plain(http, admin));
    if let Some(path) = args.knowledge.config.clone() {
        let flags = common::stated_by_flags(&args.knowledge)?;
        tokio::spawn(follow_settings(path, flags, Arc::clone(&current), Arc::clone(&metrics), level));
    }
    let lead_stop = CancellationToken::new();
    let (watch, lead) = if let Some(client) = patient {
        let pending = Arc::new(Pending::default());
        let office = Office {
            client: client.clone(),
            current: Arc::clone(&current),
            pending: Arc::clone(&pending),
            metrics: Arc::clone(&metrics),
            home: args.namespace.clone(),
            identity: identity(),
            now: jiff::Timestamp::now,
        };
        let watch = tokio::spawn(watch::run(client, current, pending, Arc::clone(&readiness), metrics));
        (watch, tokio::spawn(lead::run(office, lead_stop.clone())))
    } else {
        readiness.snapshot.store(true, Ordering::Relaxed);
        (tokio::spawn(std::future::pending()), tokio::spawn(std::future::pending()))
    };
    let mut lead = lead;
    tracing::info!(listen = %args.listen, admin = %args.admin_listen, "serving");

    // a task that must not end takes the process with it
    tokio::select! {
        () = stop_signal.next() => {}
        _ = &mut webhook => bail!("the webhook ended"),
        _ = admin => bail!("the admin port ended"),
        _ = watch => bail!("the watches ended"),
        _ = &mut lead => bail!("the reconciler ended"),
    }
    lead_stop.cancel();
    ending.leaving.cancel();
    readiness.stopping.store(true, Ordering::Relaxed);
    tracing::info!(seconds = args.grace, "stopping; still serving while endpoints are withdrawn");
    let leave = async {
        if !args.standalone {
            // another replica takes over while this one still serves
            let _ = lead.await;
        }
        tokio::time::sleep(Duration::from_secs(args.grace)).await;
        ending.stop.cancel();
        // finishes what is in flight
        let _ = webhook.await;
    };
    tokio::select! {
        () = leave => {}
        () = stop_signal.next() => return Ok(ABORTED),
    }
    Ok(0)
}

fn tell_of_expired(settings: &Settings) {
    for exemption in settings.expired(common::today()) {
        tracing::warn!(rule = exemption.rules.0, owner = exemption.owner, "an exemption has expired");
    }
}

/// A name for this process that no other has: the Pod's, and something random for those that share a host.
fn identity() -> String {
    let host = std::env::var("HOSTNAME").unwrap_or_else(|_| "ako-gate".to_owned());
    let random = std::hash::RandomState::new().build_hasher().finish();
    format!("{host}_{random:016x}")
}

async fn client(kubeconfig: Option<&PathBuf>, silence: Duration) -> anyhow::Result<Client> {
    let mut config = if let Some(path) = kubeconfig {
        cluster::config_of(path, &KubeConfigOptions::default()).await?
    } else {
        let mut config =
            kube::Config::incluster().context("not in a cluster; pass --kubeconfig or --standalone")?;
        // the API server is reached by address, its certificate is for this name
        config.tls_server_name = Some("kubernetes.default.svc".to_owned());
        config
    };
    // whoever asks tries again himself; kube would keep a write for minutes, and send it when another replica leads
    config.default_retry = false;
    config.read_timeout = Some(silence);
    Client::try_from(config).context("failed to set up the Kubernetes client")
}

fn certificate(
    args: &ServeArgs,
    client: Option<&Client>,
    current: &Arc<Current>,
    readiness: &Arc<Readiness>,
    metrics: &Arc<Metrics>,
) -> anyhow::Result<Arc<Served>> {
    if let (Some(certificate), Some(key)) = (&args.tls_cert_file, &args.tls_key_file) {
        let mounted = Mounted::new(certificate, key);
        let served = mounted.serve()?;
        // until the configuration has been read: whoever mounted the files sees to the caBundle as well
        readiness.trusted.store(true, Ordering::Relaxed);
        if let Some(client) = client.cloned() {
            let (name, current) = (args.webhook_configuration.clone(), Arc::clone(current));
            let (metrics, readiness) = (Arc::clone(metrics), Arc::clone(readiness));
            tokio::spawn(policy::follow(client, name, current, metrics, Arc::clone(&served), readiness));
        }
        let follower = Arc::clone(&served);
        tokio::spawn(async move { mounted.follow(&follower).await });
        let (shown, metrics) = (Arc::clone(&served), Arc::clone(metrics));
        tokio::spawn(async move {
            loop {
                shown.validity().into_iter().for_each(|shown| metrics.trust.set_leaf_expiry(shown.until));
                tokio::time::sleep(REREAD).await;
            }
        });
        return Ok(served);
    }
    if let Some(client) = client {
        let (readiness, metrics) = (Arc::clone(readiness), Arc::clone(metrics));
        let name = args.webhook_configuration.clone();
        let keeper =
            Keeper::new(client.clone(), name, &args.tls_san, readiness, metrics, Arc::clone(current));
        let served = Arc::clone(&keeper.served);
        tokio::spawn(keeper.run());
        return Ok(served);
    }
    readiness.trusted.store(true, Ordering::Relaxed);
    let (names, lives) = (trust::names(&args.tls_san), Lives::default());
    let served = Arc::new(Served::default());
    let issue = {
        let (served, metrics) = (Arc::clone(&served), Arc::clone(metrics));
        move || {
            let now = std::time::SystemTime::now();
            let authority = Authority::new(now, lives.authority)?;
            let leaf = authority.issue(&names, now, lives.leaf)?;
            served.exchange(leaf.key);
            metrics.trust.set_expiry(leaf.validity.until, authority.validity().until);
            anyhow::Ok(leaf.validity)
        }
    };
    let mut validity = issue()?;
    tokio::spawn(async move {
        let jitter = jitter();
        loop {
            tokio::time::sleep(REREAD).await;
            if validity.is_due(std::time::SystemTime::now(), jitter) {
                match issue() {
                    Ok(renewed) => validity = renewed,
                    Err(error) => tracing::error!(%error, "failed to renew the certificate"),
                }
            }
        }
    });
    Ok(served)
}

/// Reads the settings again when they change; an invalid version leaves the last good one in force.
async fn follow_settings(
    path: PathBuf,
    flags: Stated,
    current: Arc<Current>,
    metrics: Arc<Metrics>,
    level: Level,
) {
    let mut last = tokio::fs::read(&path).await.ok();
    loop {
        tokio::time::sleep(REREAD).await;
        let bytes = tokio::fs::read(&path).await.ok();
        if bytes == last {
            continue;
        }
        last = bytes;
        match common::read_settings(&path) {
            Ok(settings) => {
                level.set(settings.log.as_deref());
                tell_of_expired(&settings);
                current.set_settings(common::with_flags(settings, &flags));
                metrics.settings_invalid.set(0);
                tracing::info!("the new settings are in force");
            }
            Err(error) => {
                metrics.settings_invalid.set(1);
                tracing::error!(
                    error = format!("{error:#}"),
                    "the new settings are refused; the old ones stay"
                );
            }
        }
    }
}
