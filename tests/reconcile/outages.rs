//! The API server or etcd dies and comes back, watches expire, changes come in floods: the webhook answers
//! throughout, and in the end what is published is what stands.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures::StreamExt;
use k8s_openapi::api::core::v1::Service;
use kube::api::{Api, Patch, PatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};

use crate::reconcile::cluster::{Cluster, FAULTS};
use crate::reconcile::settled::{Called, settles, settles_for_good};
use crate::support::control_plane::{is_left_out, within};

const SERVICES: usize = 200;
const CHANGES: usize = 20_000;

#[test]
fn the_api_server_and_etcd_may_die() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with_objects();
    let gate = Called::start(&cluster);
    within(60, "the gate publishes", || cluster.shows(&FAULTS));

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

/// Whether a Service is broken after so many changes of each: every change changes it, and the last leaves the first half
/// broken.
fn is_broken(service: usize, changes: usize) -> bool {
    changes.is_multiple_of(2) == (service < SERVICES / 2)
}

/// The part of a Service that changes. Node ports would be given out and taken back one by one by the API server, which
/// would be most of its work.
fn spec(is_broken: bool) -> Value {
    if is_broken {
        json!({"type": "LoadBalancer", "allocateLoadBalancerNodePorts": false})
    } else {
        json!({"type": "ClusterIP", "allocateLoadBalancerNodePorts": null})
    }
}

/// Makes the changes as fast as the API server takes them; the versions of all of them, and how long it took.
async fn flood(config: Kubeconfig) -> (BTreeSet<String>, Duration) {
    let config = kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await.unwrap();
    let api: Api<Service> = Api::namespaced(kube::Client::try_from(config).unwrap(), "shop");
    let started = Instant::now();
    let changes = futures::stream::iter(0..CHANGES).map(|change| {
        let api = api.clone();
        async move {
            let (i, round) = (change % SERVICES, change / SERVICES + 1);
            let patch = Patch::Merge(json!({"spec": spec(is_broken(i, round))}));
            let changed =
                api.patch_metadata(&format!("s-{i}"), &PatchParams::default(), &patch).await.unwrap();
            changed.metadata.resource_version.unwrap()
        }
    });
    // in order for each Service: no more are under way than there are Services
    (changes.buffered(16).collect().await, started.elapsed())
}

#[test]
fn a_flood_of_changes_ends_with_what_stands() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with_objects();
    let gate = Called::start(&cluster);
    within(60, "the gate publishes", || cluster.shows(&FAULTS));
    let service = |i: usize| {
        let mut service = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": format!("s-{i}"), "namespace": "shop"},
            "spec": {"ipFamilies": ["IPv6"], "ipFamilyPolicy": "SingleStack", "ports": [{"port": 80}]},
        });
        service["spec"].as_object_mut().unwrap().extend(spec(is_broken(i, 0)).as_object().unwrap().clone());
        service
    };
    let list =
        json!({"apiVersion": "v1", "kind": "List", "items": (0..SERVICES).map(service).collect::<Vec<_>>()});
    cluster.plane.must_with(&["create", "-f", "-"], &list.to_string());

    let config = Kubeconfig::read_from(cluster.plane.kubeconfig()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (versions, took) = runtime.block_on(flood(config));
    assert_eq!(versions.len(), CHANGES, "each is a change");
    within(60, "the reports show what stands", || cluster.shown().len() == SERVICES / 2 + FAULTS.len());
    let (gate, answers, slowest) = gate.end();
    let rate = 60.0 * f64::from(u32::try_from(CHANGES).unwrap()) / took.as_secs_f64();
    println!(
        "{CHANGES} changes in {took:.1?}, {rate:.0} a minute; {answers} reviews meanwhile, the slowest took {slowest:?}"
    );
    assert!(answers > 100, "only {answers} answers");
    settles_for_good(&cluster, gate);
}
