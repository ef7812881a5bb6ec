//! The API server or etcd dies and comes back, watches expire, changes come in floods: the webhook answers
//! throughout, and in the end what is published is what stands.

use std::time::Instant;

use futures::StreamExt;
use k8s_openapi::api::core::v1::Service;
use kube::api::{Api, Patch, PatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::json;

use crate::reconcile::cluster::{Cluster, FAULTS};
use crate::reconcile::settled::{Called, settles, settles_for_good};
use crate::support::control_plane::{is_left_out, within};

#[test]
fn the_api_server_and_etcd_may_die() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with_objects();
    let gate = Called::start(&cluster);
    within(30, "the gate publishes", || cluster.shows(&FAULTS));

    cluster.plane.restart("server", 4);
    cluster.set_type("ClusterIP");
    within(60, "what changed since is seen", || cluster.shows(&FAULTS[..2]));
    settles(&cluster, &gate);
    cluster.plane.restart("etcd", 4);
    cluster.set_type("LoadBalancer");
    within(60, "what changed since is seen", || cluster.shows(&FAULTS));
    settles(&cluster, &gate);

    // what changes while the gate cannot look, in an API server that remembers nothing of it: watches expire
    gate.signal("STOP");
    cluster.set_type("ClusterIP");
    cluster.plane.must(&["delete", "node", "broken"]);
    cluster.plane.restart("server", 3);
    gate.signal("CONT");
    within(60, "what was missed is seen", || cluster.shows(&FAULTS[..1]));
    assert!(gate.log().contains("too old resource version"), "{}", gate.log());
    let (gate, answers, _) = gate.end();
    assert!(answers > 100, "only {answers} answers");
    settles_for_good(&cluster, gate);
}

#[test]
fn a_flood_of_changes_ends_with_what_stands() {
    const SERVICES: usize = 200;
    const CHANGES: usize = 20_000;
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with_objects();
    let gate = Called::start(&cluster);
    within(30, "the gate publishes", || cluster.shows(&FAULTS));
    let service = |i: usize| {
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": format!("s-{i}"), "namespace": "shop"},
            "spec": {"type": "ClusterIP", "ipFamilies": ["IPv6"], "ipFamilyPolicy": "SingleStack",
                     "ports": [{"port": 80}]},
        })
    };
    let list =
        json!({"apiVersion": "v1", "kind": "List", "items": (0..SERVICES).map(service).collect::<Vec<_>>()});
    cluster.plane.must_with(&["create", "-f", "-"], &list.to_string());

    let config = Kubeconfig::read_from(cluster.plane.kubeconfig()).unwrap();
    let flood = async {
        let config =
            kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await.unwrap();
        let api: Api<Service> = Api::namespaced(kube::Client::try_from(config).unwrap(), "shop");
        let started = Instant::now();
        let changes = futures::stream::iter(0..CHANGES).map(|change| {
            let api = api.clone();
            async move {
                // the last change of each leaves the first half broken
                let (i, round) = (change % SERVICES, change / SERVICES);
                let is_last = round == CHANGES / SERVICES - 1;
                let is_broken = if is_last { i < SERVICES / 2 } else { round % 2 == 0 };
                let kind = if is_broken { "LoadBalancer" } else { "ClusterIP" };
                let patch = Patch::Merge(json!({"spec": {"type": kind}}));
                api.patch(&format!("s-{i}"), &PatchParams::default(), &patch).await.unwrap();
            }
        });
        // in order for each Service: no more are under way than there are Services
        changes.buffered(16).collect::<Vec<()>>().await;
        started.elapsed()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let took = runtime.block_on(flood);
    within(60, "the reports show what stands", || cluster.shown().len() == SERVICES / 2 + FAULTS.len());
    let (gate, answers, slowest) = gate.end();
    println!("{CHANGES} changes in {took:?}; {answers} reviews meanwhile, the slowest took {slowest:?}");
    settles_for_good(&cluster, gate);
}
