//! A large cluster's objects as an API server sends them, managed fields included, and what stores them.

use std::time::Instant;

use ako_gate::model::{Kind, Source};
use ako_gate::reconcile::object::Watched;
use ako_gate::reconcile::prune::prune;
use ako_gate::reconcile::store::{Event, Store};
use ako_gate::settings::Settings;

pub(crate) const SERVICES: usize = 100_000;
pub(crate) const SLICES: usize = 200_000;
pub(crate) const INGRESSES: usize = 20_000;
pub(crate) const NODES: usize = 1_000;
/// One object in so many is broken.
pub(crate) const BROKEN: usize = 100;
/// Objects generated at a time.
const PAGE: usize = 500;

/// A store that has seen everything there is, and found nothing.
pub(crate) fn empty_store() -> Store {
    let mut store = Store::new(Kind::ALL.iter().copied());
    for kind in Kind::ALL.iter().filter(|kind| kind.is_served() && **kind != Kind::Route) {
        store.apply(Event::Listed(*kind));
    }
    store.apply(Event::NotServed(Kind::Route));
    store.apply(Event::Version("v1.36.3".to_owned()));
    store
}

/// Decodes and stores the whole cluster, kind by kind; `told` is called before the first object of a kind and after
/// each, with the milliseconds that generating it took.
pub(crate) fn fill(store: &mut Store, told: &mut dyn FnMut(Kind, usize, Option<u64>)) {
    feed(store, Kind::ConfigMap, 1, told, |_| CONFIG.to_owned());
    feed(store, Kind::IngressClass, 1, told, |_| CLASS.to_owned());
    feed(store, Kind::Node, NODES, told, node);
    feed(store, Kind::Service, SERVICES, told, |i| service(i, i % BROKEN == 0));
    feed(store, Kind::Ingress, INGRESSES, told, ingress);
    feed(store, Kind::EndpointSlice, SLICES, told, slice);
}

fn feed(
    store: &mut Store,
    kind: Kind,
    count: usize,
    told: &mut dyn FnMut(Kind, usize, Option<u64>),
    object: impl Fn(usize) -> String,
) {
    told(kind, count, None);
    let mut generating = 0;
    store.apply(Event::Listing(kind));
    // more at a time would count as memory of the gate's
    for start in (0..count).step_by(PAGE) {
        let made = Instant::now();
        let texts: Vec<String> = (start..count.min(start + PAGE)).map(&object).collect();
        generating += made.elapsed().as_micros();
        for text in &texts {
            store.apply(applied(kind, text));
        }
    }
    store.apply(Event::Listed(kind));
    told(kind, count, Some(u64::try_from(generating / 1000).unwrap()));
}

pub(crate) fn applied(kind: Kind, text: &str) -> Event {
    let watched: Watched<false> = serde_json::from_str(text).unwrap();
    Event::Applied(kind, prune(&watched.document, kind))
}

/// AKO's configuration with another `ipFamily`.
pub(crate) fn config(family: &str) -> String {
    CONFIG.replace("\"V4\"", &format!("\"{family}\""))
}

pub(crate) fn settings() -> Settings {
    let mut settings = Settings::default();
    for pair in ["ako=1.9.3", "akoCloud=CLOUD_VCENTER"] {
        settings.stated.state_pair(pair, Source::Settings).unwrap();
    }
    settings
}

pub(crate) const CONFIG: &str = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"avi-k8s-config","namespace":"avi-system"},
    "data":{"ipFamily":"V4","cniPlugin":"calico","serviceType":"ClusterIP",
            "vipNetworkList":"[{\"networkName\":\"vip-net\",\"cidr\":\"10.40.8.0/24\"}]"}}"#;
pub(crate) const CLASS: &str = r#"{"apiVersion":"networking.k8s.io/v1","kind":"IngressClass","metadata":{"name":"avi-lb"},
    "spec":{"controller":"ako.vmware.com/avi-lb"}}"#;

/// The head of an object that belongs to the Service of the number `of`.
fn metadata(name: &str, i: usize, of: usize) -> String {
    format!(
        r#""metadata":{{"name":"{name}-{i}","namespace":"team-{}","uid":"4f5b1a0e-6c1d-4d36-9a55-{i:012}",
        "resourceVersion":"{}","creationTimestamp":"2026-01-01T00:00:00Z","generation":1,
        "labels":{{"kubernetes.io/service-name":"service-{}","app.kubernetes.io/name":"service-{i}","team":"a"}},
        "managedFields":[{{"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1",
            "time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{{"f:metadata":{{"f:labels":
            {{".":{{}},"f:app.kubernetes.io/name":{{}},"f:team":{{}}}}}},"f:spec":{{"f:clusterIP":{{}},"f:ports":
            {{".":{{}},"k:{{\"port\":80,\"protocol\":\"TCP\"}}":{{".":{{}},"f:port":{{}},"f:protocol":{{}}}}}}}}}}}}]}}"#,
        of / 50,
        i + 1000,
        of
    )
}

pub(crate) fn service(i: usize, is_broken: bool) -> String {
    let (kind, family) = match (i % 2, is_broken) {
        (_, true) => ("LoadBalancer", "IPv6"),
        (0, false) => ("LoadBalancer", "IPv4"),
        _ => ("ClusterIP", "IPv4"),
    };
    let address = format!("10.{}.{}.{}", 96 + i / 65536, i / 256 % 256, i % 256);
    format!(
        r#"{{"apiVersion":"v1","kind":"Service",{},"spec":{{"type":"{kind}","clusterIP":"{address}",
        "clusterIPs":["{address}"],"ipFamilies":["{family}"],"ipFamilyPolicy":"SingleStack",
        "internalTrafficPolicy":"Cluster","sessionAffinity":"None","selector":{{"app.kubernetes.io/name":"service-{i}"}},
        "ports":[{{"name":"http","port":80,"protocol":"TCP","targetPort":8080}}]}},"status":{{"loadBalancer":{{}}}}}}"#,
        metadata("service", i, i)
    )
}

pub(crate) fn slice(i: usize) -> String {
    let endpoint = |n: usize| {
        format!(
            r#"{{"addresses":["10.{}.{}.{}"],"conditions":{{"ready":true,"serving":true,"terminating":false}},
            "nodeName":"node-{n}","targetRef":{{"kind":"Pod","name":"service-{i}-{n}","namespace":"team-{}",
            "uid":"4f5b1a0e-6c1d-4d36-9a55-{n:012}"}},"zone":"a"}}"#,
            n + 1,
            i / 256 % 256,
            i % 256,
            i / 100
        )
    };
    let endpoints: Vec<String> = (0..4).map(endpoint).collect();
    format!(
        r#"{{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice",{},"addressType":"IPv4",
        "endpoints":[{}],"ports":[{{"name":"http","port":8080,"protocol":"TCP"}}]}}"#,
        metadata("slice", i, i / 2),
        endpoints.join(",")
    )
}

pub(crate) fn ingress(i: usize) -> String {
    format!(
        r#"{{"apiVersion":"networking.k8s.io/v1","kind":"Ingress",{},"spec":{{"ingressClassName":"avi-lb",
        "rules":[{{"host":"host-{i}.example.com","http":{{"paths":[{{"path":"/","pathType":"Prefix",
        "backend":{{"service":{{"name":"service-{i}","port":{{"number":80}}}}}}}}]}}}}]}},"status":{{"loadBalancer":{{}}}}}}"#,
        metadata("ingress", i, i)
    )
}

pub(crate) fn node(i: usize) -> String {
    let images: Vec<String> = (0..40)
        .map(|n| format!(r#"{{"names":["registry.example.com/image-{n}:1"],"sizeBytes":{n}}}"#))
        .collect();
    format!(
        r#"{{"apiVersion":"v1","kind":"Node","metadata":{{"name":"node-{i}","labels":{{"kubernetes.io/hostname":"node-{i}"}}}},
        "spec":{{"podCIDR":"10.{}.{}.0/24","podCIDRs":["10.{}.{}.0/24"]}},
        "status":{{"addresses":[{{"type":"InternalIP","address":"192.0.{}.{}"}}],"images":[{}]}}}}"#,
        i / 256,
        i % 256,
        i / 256,
        i % 256,
        i / 256,
        i % 256,
        images.join(",")
    )
}
