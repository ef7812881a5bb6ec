//! How the objects that exist already are asked for: streamed where the API server offers that, in pages otherwise.

use ako_gate::model::{Kind, Lookup};
use ako_gate::reconcile::list;
use kube::config::{KubeConfigOptions, Kubeconfig};

use crate::reconcile::cluster::{Cluster, FAULTS};
use crate::support::control_plane::{is_left_out, within};

/// What the API server counts under `name` and `labels` of a kind that nobody but the gate asks for.
fn counted(cluster: &Cluster, name: &str, labels: &[&str]) -> u32 {
    let text = cluster.plane.must(&["get", "--raw", "/metrics"]);
    let wanted = |line: &&str| {
        let is_named = line.strip_prefix(name).is_some_and(|rest| rest.starts_with('{'));
        is_named && line.contains("resource=\"l4rules\"") && labels.iter().all(|label| line.contains(label))
    };
    let counts = text.lines().filter(wanted).map(|line| line.rsplit(' ').next().unwrap().parse::<u32>());
    counts.map(Result::unwrap).sum()
}

const REQUESTS: &str = "apiserver_request_total";
const UNDER_WAY: &str = "apiserver_longrunning_requests";

/// Whether a watch failed, other than of a kind whose CRD has only just come.
fn has_failed(log: &str) -> bool {
    log.lines().any(|line| line.contains("a watch failed") && !line.contains("storage is (re)initializing"))
}

#[test]
fn lists_are_streamed_where_that_is_offered() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with_objects();
    let gate = cluster.gate();
    within(60, "the gate has seen everything", || cluster.shows(&FAULTS));
    assert_eq!(counted(&cluster, UNDER_WAY, &["verb=\"WATCH\""]), 1);
    assert_eq!(counted(&cluster, REQUESTS, &["verb=\"LIST\""]), 0);
    assert_eq!(counted(&cluster, REQUESTS, &["code=\"422\""]), 0);
    // and from then on the same request tells what changes
    cluster.set_type("ClusterIP");
    within(60, "what changes is seen", || cluster.shows(&FAULTS[..2]));
    assert!(!has_failed(&gate.log()), "{}", gate.log());
}

#[test]
fn lists_come_in_pages_where_they_are_not_streamed() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::start_release("1.30.14");
    cluster.serve_reports();
    cluster.fill();
    let gate = cluster.gate();
    // it serves no ServiceCIDR, so nobody knows that the cluster is dual-stack, and no Node falls behind it
    let faults = [FAULTS[0], FAULTS[2]];
    within(60, "the gate has seen everything", || cluster.shows(&faults));
    assert_eq!(counted(&cluster, REQUESTS, &["verb=\"WATCH\"", "code=\"422\""]), 1);
    assert_eq!(counted(&cluster, REQUESTS, &["verb=\"LIST\"", "code=\"200\""]), 1);
    within(60, "and then it watches", || counted(&cluster, UNDER_WAY, &["verb=\"WATCH\""]) == 1);
    cluster.set_type("ClusterIP");
    within(60, "what changes is seen", || cluster.shows(&faults[..1]));
    assert!(!has_failed(&gate.log()), "{}", gate.log());
}

/// What the command line holds of a cluster, which may be large: plans need more of it than rules do.
#[test]
fn one_look_at_a_cluster_keeps_what_is_read_of_it() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::start();
    cluster.fill();
    let config = Kubeconfig::read_from(cluster.plane.kubeconfig()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = KubeConfigOptions::default();
        let config = kube::Config::from_custom_kubeconfig(config, &options).await.unwrap();
        let client = kube::Client::try_from(config).unwrap();
        for (more, has_ports) in [(vec![], false), (vec![Kind::Service], true)] {
            let listing = list::list(&client, &more).await.unwrap();
            assert!(listing.refused.is_empty(), "{:?}", listing.refused);
            let Lookup::Found(service) = listing.snapshot.get(Kind::Service, "shop", "broken") else {
                panic!("it is not there")
            };
            assert_eq!(service.spec().at("ipFamilies").items().count(), 1);
            assert_eq!(service.spec().at("ports").items().count() > 0, has_ports);
        }
    });
}
