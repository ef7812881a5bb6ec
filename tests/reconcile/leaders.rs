//! Several gates: one of them publishes.

use crate::reconcile::cluster::{Cluster, FAULTS, metric, standing};
use crate::reconcile::settled::settles;
use crate::support::control_plane::{Served, is_left_out, within};

fn leads(gate: &Served) -> bool {
    metric(gate, "ako_gate_leader") == Some(1.0)
}

#[test]
fn another_gate_takes_over_without_saying_anything_twice() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with_objects();
    let first = cluster.gate();
    within(60, "the first gate publishes", || cluster.shows(&FAULTS));
    let second = cluster.gate();
    assert!(leads(&first) && !leads(&second));
    assert!(standing(&second).is_empty(), "only the leader tells");
    let (events, versions) = (cluster.events(), cluster.versions());
    assert_eq!(events.len(), 3);

    // paused, as a process that is starved: it still takes itself for the leader when it wakes up
    first.signal("STOP");
    within(60, "the second gate leads", || leads(&second));
    within(60, "it tells what stands", || standing(&second).len() == 3);
    assert_eq!((cluster.events(), cluster.versions()), (events, versions));
    cluster.set_type("ClusterIP");
    within(60, "it publishes", || cluster.shows(&FAULTS[..2]));
    first.signal("CONT");
    within(60, "the first gate knows better", || !leads(&first));
    assert!(standing(&first).is_empty());
    assert!(first.is_ready(), "it still serves the webhook");
    within(60, "its snapshot follows", || {
        metric(&first, "ako_gate_snapshot_objects") == metric(&second, "ako_gate_snapshot_objects")
    });
    let events = cluster.events();
    assert_eq!(events.iter().filter(|(reason, _, _)| reason == "FindingResolved").count(), 1);

    // killed: nothing is given back
    second.signal("KILL");
    drop(second);
    within(60, "the first gate leads again", || leads(&first) && standing(&first).len() == 2);
    assert_eq!(cluster.events(), events);

    // stopped in good order: the next one need not wait
    let third = cluster.gate();
    assert_eq!(first.stop(), Some(0));
    within(10, "the third gate leads at once", || leads(&third) && standing(&third).len() == 2);
    assert_eq!(cluster.events(), events);
    assert!(cluster.shows(&FAULTS[..2]));
    settles(&cluster, &third);
}

/// The rights of an older installation: everything but Nodes.
fn fewer_rights(cluster: &Cluster) {
    let plane = &cluster.plane;
    plane.must(&["create", "serviceaccount", "-n", "ako-gate-system", "older"]);
    let mut role = cluster.json(&["get", "clusterrole", "ako-gate"]);
    role["metadata"] = serde_json::json!({"name": "older"});
    for rule in role["rules"].as_array_mut().unwrap() {
        if let Some(resources) = rule["resources"].as_array_mut() {
            resources.retain(|resource| resource != "nodes");
        }
    }
    plane.must_with(&["create", "-f", "-"], &role.to_string());
    let account = "--serviceaccount=ako-gate-system:older";
    plane.must(&["create", "clusterrolebinding", "older", "--clusterrole=older", account]);
    plane.must(&["create", "rolebinding", "older", "-n", "ako-gate-system", "--role=ako-gate", account]);
}

#[test]
fn a_gate_that_cannot_see_everything_leaves_the_lease_to_others() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with_objects();
    fewer_rights(&cluster);
    let blind = cluster.starting_gate_of("older");
    within(30, "it may not list Nodes", || blind.log().contains("nodes is forbidden"));
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert!(!leads(&blind) && !blind.is_ready());
    let gate = cluster.gate();
    within(10, "another one leads", || leads(&gate));
    within(10, "and publishes", || cluster.shows(&FAULTS));
    settles(&cluster, &gate);
    assert!(!leads(&blind));
}
