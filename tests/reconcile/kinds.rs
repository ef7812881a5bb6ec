//! Kinds that cannot be listed, are not served, or come later: the others go on.

use crate::reconcile::cluster::{Cluster, FAULTS, OBJECTS, metric, standing};
use crate::reconcile::settled::{Called, settles, settles_for_good};
use crate::support::control_plane::{is_left_out, within};

const CRD: &str = "aviinfrasettings.ako.vmware.com";

#[test]
fn a_kind_that_cannot_be_listed_or_is_gone() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with_objects();
    let gate = Called::start(&cluster);
    within(60, "the gate publishes", || cluster.shows(&FAULTS));

    // stored in one version and asked for in another, with a conversion webhook that is down
    let storage = |old: bool| {
        format!(
            r#"{{"op":"replace","path":"/spec/versions/0/storage","value":{old}}},{{"op":"replace","path":"/spec/versions/1/storage","value":{}}}"#,
            !old
        )
    };
    let conversion = |value: &str| format!(r#"{{"op":"replace","path":"/spec/conversion","value":{value}}}"#);
    let patch = |operations: &[String]| {
        let operations = format!("[{}]", operations.join(","));
        cluster.plane.must(&["patch", "crd", CRD, "--type=json", "-p", &operations]);
    };
    patch(&[storage(true)]);
    within(60, "the objects are stored in the old version", || {
        let annotate = ["annotate", "--overwrite", "aviinfrasetting", "--all", "stored=again"];
        cluster.plane.must(&annotate);
        cluster.plane.must(&["annotate", "aviinfrasetting", "--all", "stored-"]);
        let stored = cluster.json(&["get", "crd", CRD]);
        stored["status"]["storedVersions"].as_array().unwrap().iter().any(|version| version == "v1alpha1")
    });
    let down = r#"{"strategy":"Webhook","webhook":{"conversionReviewVersions":["v1"],"clientConfig":{"url":"https://127.0.0.1:1/"}}}"#;
    patch(&[conversion(down)]);
    within(60, "it cannot be watched", || {
        let log = gate.log();
        log.lines().any(|line| {
            line.contains("a watch failed") && line.contains("conversion webhook for ako.vmware.com")
        })
    });
    cluster.set_type("ClusterIP");
    within(60, "other kinds are judged", || cluster.shows(&FAULTS[..2]));
    patch(&[conversion(r#"{"strategy":"None"}"#), storage(false)]);
    cluster.plane.must(&["delete", "aviinfrasetting", "broken"]);
    within(90, "what changed since is seen", || cluster.shows(&FAULTS[1..2]));
    settles(&cluster, &gate);

    // gone, with all there was, and served again
    let objects = metric(&gate, "ako_gate_snapshot_objects").unwrap();
    cluster.plane.must(&["delete", "crd", CRD]);
    within(60, "nothing is kept of it", || {
        metric(&gate, "ako_gate_snapshot_objects").is_some_and(|left| left < objects)
    });
    cluster.plane.must(&["apply", "-f", "tests/crds/aviinfrasettings.yaml"]);
    cluster.plane.must(&["wait", "--for=condition=Established", "--timeout=30s", "crd", CRD]);
    cluster.plane.must_with(&["apply", "-f", "-"], OBJECTS.split("---").nth(3).unwrap());
    within(90, "it is watched again", || standing(&gate).len() == 2 && cluster.shows(&FAULTS[..2]));
    settles_for_good(&cluster, gate.end().0);
}
