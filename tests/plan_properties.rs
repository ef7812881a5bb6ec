//! What holds of every plan, whatever the cluster: shown on clusters that nobody wrote.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use ako_gate::decode::{json, manifest};
use ako_gate::facts::ako::era::{Era, RELEASES};
use ako_gate::facts::profile;
use ako_gate::model::{Profile, Snapshot, Source, Stated};
use ako_gate::plan::ako::change::{Change, PoolChange};
use ako_gate::plan::ako::harm::Harm;
use ako_gate::plan::ako::{Only, Plan};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

/// A cluster and the environment AKO runs in.
#[derive(Clone, Debug)]
struct Cluster {
    stated: Vec<String>,
    objects: Vec<Value>,
}

impl Cluster {
    fn snapshot<'a>(objects: impl IntoIterator<Item = &'a Value>) -> Snapshot {
        let mut snapshot = Snapshot::complete();
        for object in objects {
            let document = json::parse(&object.to_string()).unwrap();
            snapshot.insert(manifest::object(document, "values.yaml", None).unwrap());
        }
        snapshot
    }

    fn profile(&self, snapshot: &Snapshot) -> Profile {
        let mut stated = Stated::default();
        for pair in &self.stated {
            stated.state_pair(pair, Source::Flag).unwrap();
        }
        profile::resolve(&stated, snapshot, None)
    }

    fn plan(&self) -> Plan {
        let snapshot = Self::snapshot(&self.objects);
        Plan::of(&snapshot, &self.profile(&snapshot), Only::default()).unwrap()
    }
}

fn addresses() -> impl Strategy<Value = Vec<&'static str>> {
    let known = [
        "10.10.0.11",
        "10.10.0.12",
        "2001:db8:10::11",
        "2001:db8:10::12",
        "fe80::1",
        "::ffff:10.10.0.13",
        "",
        "nonsense",
        "10.0.0.256",
    ];
    prop::collection::vec(select(known.to_vec()), 0..4)
}

fn config() -> impl Strategy<Value = Value> {
    let networks = [
        json!([{"networkName": "net1", "cidr": "192.0.2.0/24"}]),
        json!([{"networkName": "net1", "cidr": "192.0.2.0/24", "v6cidr": "2001:db8:64::/64"}]),
        json!([{"networkName": "net1", "v6cidr": "2001:db8:64::/64"}]),
        json!([{"networkName": "net1"}]),
        json!([{"networkName": "net1"}, {"networkName": "net2"}]),
        json!("nonsense"),
    ];
    (
        select(vec!["", "V4", "V6", "V4_V6", "V4", "V6", "v6"]),
        select(vec!["antrea", "calico", "flannel", ""]),
        select(vec!["ClusterIP", "ClusterIP", "NodePort", "NodePortLocal"]),
        select(networks.to_vec()),
        any::<bool>(),
    )
        .prop_map(|(family, cni, mode, networks, evh)| {
            json!({
                "AKOSettings": {"clusterName": "c", "ipFamily": family, "cniPlugin": cni, "enableEVH": evh},
                "NetworkSettings": {"vipNetworkList": networks},
                "L7Settings": {"serviceType": mode, "shardVSSize": "SMALL"},
                "ControllerSettings": {"controllerHost": "198.51.100.10"},
            })
        })
}

fn service(name: &'static str) -> impl Strategy<Value = Vec<Value>> {
    let families = select(vec![
        json!(["IPv4"]),
        json!(["IPv6"]),
        json!(["IPv4", "IPv6"]),
        json!(["IPv6", "IPv4"]),
        json!(null),
    ]);
    let kind = select(vec!["ClusterIP", "NodePort", "LoadBalancer", "LoadBalancer", "ExternalName"]);
    let shared = select(vec![json!({}), json!({"ako.vmware.com/enable-shared-vip": "shared"})]);
    (families, kind, shared, addresses(), addresses()).prop_map(move |(families, kind, annotations, v4, v6)| {
        let meta = |suffix: &str| json!({"namespace": "shop", "name": format!("{name}{suffix}"),
            "labels": {"kubernetes.io/service-name": name}});
        let slice = |suffix: &str, family: &str, addresses: &[&str]| {
            let endpoints: Vec<Value> = addresses.iter().map(|address| json!({"addresses": [address],
                "nodeName": "one", "conditions": {"ready": true}, "targetRef": {"kind": "Pod"}})).collect();
            json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": meta(suffix),
                "addressType": family, "endpoints": endpoints, "ports": [{"name": "http", "port": 8080}]})
        };
        let ips: Vec<Value> = v4.iter().chain(&v6).map(|ip| json!({"ip": ip, "nodeName": "one"})).collect();
        let node_ports: Vec<Value> = v4.iter().chain(&v6)
            .map(|ip| json!({"podPort": 8080, "nodeIP": ip, "nodePort": 61_000})).collect();
        vec![
            json!({"apiVersion": "v1", "kind": "Service",
                "metadata": {"namespace": "shop", "name": name, "annotations": annotations},
                "spec": {"type": kind, "ipFamilies": families, "selector": {"app": name},
                    "ports": [{"name": "http", "port": 80, "targetPort": 8080, "nodePort": 30080}]}}),
            json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": meta(""),
                "subsets": [{"addresses": ips, "ports": [{"name": "http", "port": 8080}]}]}),
            slice("-4", "IPv4", &v4),
            slice("-6", "IPv6", &v6),
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "shop", "name": name,
                "labels": {"app": name}, "annotations": {"nodeportlocal.antrea.io": json!(node_ports).to_string()}},
                "spec": {"nodeName": "one"}}),
        ]
    })
}

fn node(name: &'static str) -> impl Strategy<Value = Vec<Value>> {
    let ranges = select(vec![
        json!(["10.244.1.0/24"]),
        json!(["10.244.1.0/24", "fd00:1::/64"]),
        json!(["fd00:2::/64"]),
    ]);
    (addresses(), ranges).prop_map(move |(addresses, ranges)| {
        let addresses: Vec<Value> =
            addresses.iter().map(|address| json!({"type": "InternalIP", "address": address})).collect();
        vec![json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name},
            "spec": {"podCIDRs": ranges}, "status": {"addresses": addresses}})]
    })
}

fn ingress() -> Value {
    let path = |service: &str| {
        json!({"path": format!("/{service}"),
        "backend": {"service": {"name": service, "port": {"number": 80}}}})
    };
    let paths = ["a", "b", "missing"].map(path);
    let rules = json!([{"host": "a.example.com", "http": {"paths": paths}}]);
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"namespace": "shop", "name": "front"}, "spec": {"ingressClassName": "avi-lb", "rules": rules}})
}

fn cluster() -> impl Strategy<Value = Cluster> {
    let clouds = vec!["CLOUD_VCENTER", "CLOUD_VCENTER", "CLOUD_NSXT", "CLOUD_AWS", "CLOUD_NONE"];
    let objects = (config(), service("a"), service("b"), node("one"), node("two"));
    (select(&RELEASES[..]), select(clouds), objects).prop_map(|(release, cloud, (config, a, b, one, two))| {
        let class = json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
            "metadata": {"name": "avi-lb"}, "spec": {"controller": "ako.vmware.com/avi-lb"}});
        let objects = [vec![config, class, ingress()], a, b, one, two].concat();
        Cluster { stated: vec![format!("ako={release}"), format!("akoCloud={cloud}")], objects }
    })
}

/// What a change is when it is looked at from its other side.
fn mirrored(change: PoolChange) -> &'static [PoolChange] {
    match change {
        PoolChange::Empties => &[PoolChange::Fills],
        PoolChange::Fills => &[PoolChange::Empties],
        PoolChange::Vanishes => &[PoolChange::Appears],
        PoolChange::Appears => &[PoolChange::Vanishes],
        PoolChange::Changes => &[PoolChange::Changes],
        // one family for the other is a loss either way
        PoolChange::LosesFamily => &[PoolChange::GainsFamily, PoolChange::LosesFamily],
        PoolChange::GainsFamily => &[PoolChange::LosesFamily],
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_pool_has_two_families_where_none_can(cluster in cluster()) {
        let plan = cluster.plan();
        let release = cluster.profile(&Snapshot::complete()).ako.value;
        if Era::of(release) < Era::DualStack {
            prop_assert!(plan.pools.iter().all(|pool| !pool.families().is_dual()), "{:?}", plan.pools);
        }
        for pool in &plan.pools {
            prop_assert!(pool.servers.iter().all(|server| plan.families().contains(server.family)), "{pool:?}");
        }
    }

    #[test]
    fn the_order_of_inputs_counts_for_nothing(cluster in cluster(), order in prop::collection::vec(any::<Index>(), 20)) {
        let mut left: Vec<&Value> = cluster.objects.iter().collect();
        let mut shuffled = Vec::new();
        for index in order {
            if !left.is_empty() {
                shuffled.push(left.remove(index.index(left.len())));
            }
        }
        shuffled.extend(left);
        let snapshot = Cluster::snapshot(shuffled);
        let again = Plan::of(&snapshot, &cluster.profile(&snapshot), Only::default()).unwrap();
        prop_assert_eq!(again, cluster.plan());
    }

    #[test]
    fn a_change_to_the_same_is_none_and_a_change_back_mirrors_it(a in cluster(), b in cluster()) {
        let (a, b) = (a.plan(), b.plan());
        prop_assert!(Change::between(&a, &a.clone()).is_empty());
        prop_assert!(Change::between(&a, &a.clone()).worse().is_empty());
        let (there, back) = (Change::between(&a, &b), Change::between(&b, &a));
        prop_assert_eq!(there.is_empty(), back.is_empty());
        prop_assert_eq!(&there.routes_lost, &back.routes_gained);
        prop_assert_eq!(&there.routes_gained, &back.routes_lost);
        prop_assert_eq!(&there.left_out_before, &back.left_out_after);
        prop_assert_eq!(&there.left_out_after, &back.left_out_before);
        prop_assert_eq!(there.virtual_services.len(), back.virtual_services.len());
        for (there, back) in there.virtual_services.iter().zip(&back.virtual_services) {
            prop_assert_eq!((there.before, there.after), (back.after, back.before));
        }
        prop_assert_eq!(there.pools.len(), back.pools.len());
        for ((what, there), (back_what, back)) in there.pools.iter().zip(&back.pools) {
            prop_assert_eq!((there.before, there.after), (back.after, back.before));
            prop_assert!(mirrored(*what).contains(back_what), "{what:?} and {back_what:?}");
        }
    }

    #[test]
    fn what_a_plan_cannot_hold_is_no_harm_of_it(cluster in cluster()) {
        let plan = cluster.plan();
        if !plan.works() {
            prop_assert!(plan.virtual_services.is_empty() && plan.pools.is_empty() && plan.routes().next().is_none());
        }
        for harm in plan.harms() {
            match harm {
                Harm::EmptyPool(pool) => prop_assert!(!pool.dropped.is_empty(), "nothing says why {pool:?}"),
                Harm::NoRoutes(node, _) => prop_assert!(plan.no_routes.is_none(), "{node:?}"),
                _ => {}
            }
        }
    }
}
