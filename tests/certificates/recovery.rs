//! What is deleted, damaged, or broken off in the middle.

use std::time::Duration;

use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, DeleteParams, Patch, PatchParams};
use serde_json::json;

use super::replica::{self, Clock, Replica, agreed, bundle, client, eventually, newest, plane};
use crate::support::control_plane::is_left_out;

/// What the administrator, or an accident, does to the Secret and the caBundle is mended, and both replicas come back
/// to one CA.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_is_put_back() {
    if is_left_out() {
        return;
    }
    let plane = plane();
    let (client, admin) = (client(&plane.gate_kubeconfig()).await, client(&plane.kubeconfig()).await);
    let (clock, settle) = (Clock::default(), Duration::from_millis(300));
    let (one, two) =
        (Replica::start(&client, &clock, settle).await, Replica::start(&client, &clock, settle).await);
    let both = [&one, &two];
    agreed(&client, &clock, &both, 1).await;
    let first = bundle(&client).await;
    let secrets: Api<Secret> = Api::namespaced(admin.clone(), "ako-gate-system");
    let configurations: Api<ValidatingWebhookConfiguration> = Api::all(admin.clone());
    let stored = async || {
        let secret = secrets.get_opt("ako-gate-ca").await.unwrap();
        secret
            .and_then(|secret| secret.data?.remove("ca.crt"))
            .map(|bytes| String::from_utf8(bytes.0).unwrap())
    };

    // deleted and damaged: the CA is still known to those that run, and is put back
    secrets.delete("ako-gate-ca", &DeleteParams::default()).await.unwrap();
    eventually("the Secret is back", async || stored().await.as_deref() == Some(first.as_str())).await;
    for damage in
        [json!({"ca.key": null}), json!({"ca.crt": "bm9uc2Vuc2U="}), json!({"ca.crt": "", "ca.key": ""})]
    {
        let patch = Patch::Merge(json!({"data": damage}));
        secrets.patch("ako-gate-ca", &PatchParams::default(), &patch).await.unwrap();
        eventually("the Secret is whole", async || {
            let secret = secrets.get("ako-gate-ca").await.unwrap().data.unwrap();
            secret.len() == 2 && secret.values().all(|bytes| bytes.0.len() > 100)
        })
        .await;
        assert_eq!(stored().await.as_deref(), Some(first.as_str()));
    }

    // emptied, or replaced by something else
    for bundle in ["", "bm9uc2Vuc2U="] {
        let patch = json!([{"op": "replace", "path": "/webhooks/0/clientConfig/caBundle", "value": bundle}]);
        let patch: Patch<()> = Patch::Json(serde_json::from_value(patch).unwrap());
        // the API server takes nothing that is no certificate, which is as well
        if configurations.patch("ako-gate", &PatchParams::default(), &patch).await.is_ok() {
            agreed(&client, &clock, &both, 1).await;
        }
    }
    let found = replica::bundle(&client).await;
    assert_eq!(found, first);

    // nobody knows the CA any more: a new one, and the old one stays trusted for those that may still show it
    one.keeper.abort();
    two.keeper.abort();
    secrets.delete("ako-gate-ca", &DeleteParams::default()).await.unwrap();
    let (three, four) =
        (Replica::start(&client, &clock, settle).await, Replica::start(&client, &clock, settle).await);
    agreed(&client, &clock, &[&three, &four], 2).await;
    let last = replica::bundle(&client).await;
    assert_ne!(newest(&last), newest(&first));
    assert!(last.ends_with(&first), "the old one is still there");

    // without a configuration nobody calls, and a new one is filled in
    configurations.delete("ako-gate", &DeleteParams::default()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(three.is_trusted() && four.is_trusted());
    assert!(configurations.get_opt("ako-gate").await.unwrap().is_none(), "the gate makes none");
    plane.must(&["create", "-f", "manifests/base/webhook.yaml"]);
    agreed(&client, &clock, &[&three, &four], 1).await;
    three.keeper.abort();
    four.keeper.abort();
}

/// A replica that ends in the middle of a change of the CA, wherever that is, is followed by one that comes to a trusted
/// chain. `AKO_GATE_KILLS` asks for more ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_breaks_off_is_taken_up_again() {
    if is_left_out() {
        return;
    }
    let kills = std::env::var("AKO_GATE_KILLS").map_or(12, |text| text.parse::<u64>().unwrap());
    let plane = plane();
    let client = client(&plane.gate_kubeconfig()).await;
    let (clock, settle) = (Clock::default(), Duration::from_millis(100));
    let first = Replica::start(&client, &clock, settle).await;
    agreed(&client, &clock, &[&first], 1).await;
    first.keeper.abort();
    let mut authority = newest(&bundle(&client).await);
    for round in 0..kills {
        // the CA is due, what it issued is not over
        clock.ahead(250);
        let victim = Replica::start(&client, &clock, settle).await;
        tokio::time::sleep(Duration::from_millis(round * 29 % 350)).await;
        victim.keeper.abort();
        let started = tokio::time::Instant::now();
        let next = Replica::start(&client, &clock, settle).await;
        eventually(&format!("round {round}: a trusted chain of a new CA"), async || {
            let bundle = bundle(&client).await;
            newest(&bundle) != authority && next.is_trusted() && next.shows(&bundle, &clock).is_ok()
        })
        .await;
        assert!(started.elapsed() < Duration::from_secs(10), "round {round}: {:?}", started.elapsed());
        authority = newest(&bundle(&client).await);
        next.keeper.abort();
    }
}
