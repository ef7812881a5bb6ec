//! What AKO would program, beyond what was observed: each row a small cluster, and what is planned for it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "derivation/node_ports.rs"]
mod node_ports;

use ako_gate::decode::{manifest, yaml};
use ako_gate::facts::profile;
use ako_gate::model::{Kind, Seen, Snapshot, Source, Stated};
use ako_gate::plan::ako::change::Change;
use ako_gate::plan::ako::{Only, Plan};

const CLASS: &str = "{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: avi-lb, annotations: \
    {ingressclass.kubernetes.io/is-default-class: 'true'}}, spec: {controller: ako.vmware.com/avi-lb}}";

/// The chart's values with these sections beside the networks.
fn values(sections: &str) -> String {
    let network = "NetworkSettings: {vipNetworkList: [{networkName: net1, cidr: 192.0.2.0/24}]}";
    format!("{{ControllerSettings: {{controllerHost: 198.51.100.1}}, {network}, {sections}}}")
}

fn node(name: &str, addresses: &str, rest: &str) -> String {
    let addresses: Vec<String> =
        addresses.split_whitespace().map(|a| format!("{{type: InternalIP, address: '{a}'}}")).collect();
    format!(
        "{{apiVersion: v1, kind: Node, metadata: {{name: {name}}}, {rest}, status: {{addresses: [{}]}}}}",
        addresses.join(", ")
    )
}

fn service(name: &str, annotations: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: shop, annotations: {{{annotations}}}}}, \
         spec: {{ports: [{{name: http, port: 80, targetPort: 8080, protocol: TCP, nodePort: 30080}}], {spec}}}}}"
    )
}

fn slice(service: &str, family: &str, addresses: &str) -> String {
    let endpoints: Vec<String> = addresses
        .split_whitespace()
        .map(|entry| {
            let (address, node) = entry.split_once('@').unwrap_or((entry, "one"));
            format!("{{addresses: ['{address}'], nodeName: {node}, conditions: {{ready: true}}}}")
        })
        .collect();
    format!(
        "{{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {{name: {service}-{family}, namespace: shop, \
         labels: {{kubernetes.io/service-name: {service}}}}}, addressType: {family}, endpoints: [{}], \
         ports: [{{name: http, port: 8080, protocol: TCP}}]}}",
        endpoints.join(", ")
    )
}

fn ingress(annotations: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: front, namespace: shop, \
         annotations: {{{annotations}}}}}, spec: {{{spec}}}}}"
    )
}

fn to(host: &str, service: &str) -> String {
    let backend = format!("backend: {{service: {{name: {service}, port: {{number: 80}}}}}}");
    format!("rules: [{{host: {host}, http: {{paths: [{{path: /, {backend}}}]}}}}]")
}

fn plan(stated: &str, values: &str, objects: &[&str]) -> Plan {
    let mut snapshot = Snapshot::complete();
    for text in [values].iter().chain(objects) {
        let document = yaml::parse_one(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        snapshot.insert(manifest::object(document, "values.yaml", None).unwrap());
    }
    planned(stated, &snapshot)
}

fn planned(pairs: &str, snapshot: &Snapshot) -> Plan {
    let mut stated = Stated::default();
    for pair in pairs.split_whitespace() {
        stated.state_pair(pair, Source::Flag).unwrap();
    }
    Plan::of(snapshot, &profile::resolve(&stated, snapshot, None), Only::default()).unwrap()
}

/// `pool = address:port ...` of every pool.
fn pools(plan: &Plan) -> Vec<String> {
    let server = |server: &ako_gate::plan::ako::Server| format!(" {} port {}", server.address, server.port);
    let pools = plan.pools.iter();
    pools
        .map(|pool| format!("{} ={}", pool.name, pool.servers.iter().map(server).collect::<String>()))
        .collect()
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.virtual_services.iter().map(|service| service.name.as_str()).collect()
}

fn left_out(plan: &Plan) -> String {
    let lines = plan.left_out.iter().map(|left| format!("{} {}: {}", left.object, left.part, left.why));
    lines.collect::<Vec<_>>().join("\n")
}

const NEW: &str = "ako=2.1.1 akoCloud=CLOUD_VCENTER";
const OLD: &str = "ako=1.9.3 akoCloud=CLOUD_VCENTER";

#[test]
fn refuses_configurations_for_the_reason_ako_gives_last() {
    let rows = [
        (NEW, values("AKOSettings: {clusterName: 'a b'}"), "clusterName"),
        (
            NEW,
            values("AKOSettings: {ipFamily: v6}, L7Settings: {serviceType: NodePortLocal}"),
            "ipFamilyValue",
        ),
        (NEW, values("L7Settings: {serviceType: NodePortLocal}"), "nodePortLocalNeedsAntrea"),
        (NEW, "{AKOSettings: {}, NetworkSettings: {}}".to_owned(), "vipNetworkListEmpty"),
        (
            NEW,
            "{AKOSettings: {}, NetworkSettings: {vipNetworkList: [{cidr: 10.0.0.0/8}, {cidr: 11.0.0.0/8}]}}"
                .to_owned(),
            "severalVipNetworks",
        ),
        ("ako=2.1.1 akoCloud=CLOUD_NSXT transportZone=OVERLAY", values("AKOSettings: {}"), "tier1Router"),
    ];
    for (stated, values, code) in rows {
        let plan = plan(stated, &values, &[]);
        assert_eq!(plan.rejected.map(|rejected| rejected.code), Some(code), "{values}");
    }
    assert_eq!(plan(NEW, &values("AKOSettings: {}"), &[]).rejected, None);
}

#[test]
fn looks_at_the_networks_of_nodes_on_vcenter_alone() {
    let with = |list: &str, mode: &str| {
        format!(
            "{{AKOSettings: {{cniPlugin: antrea}}, L7Settings: {{serviceType: {mode}}}, NetworkSettings: \
             {{vipNetworkList: [{{networkName: net1, cidr: 192.0.2.0/24}}], nodeNetworkList: {list}}}}}"
        )
    };
    let networks = |count: usize, cidr: &str| {
        let one = format!("{{networkName: nodes, cidrs: [{cidr}]}}");
        format!("[{}]", vec![one; count].join(", "))
    };
    let nsxt = "ako=2.1.1 akoCloud=CLOUD_NSXT transportZone=VLAN";
    for (stated, list, mode, refused) in [
        (NEW, networks(5, "10.10.0.0/24"), "ClusterIP", false),
        (NEW, networks(1, "'2001:db8:10::/64'"), "ClusterIP", false),
        (NEW, networks(6, "10.10.0.0/24"), "ClusterIP", true),
        (NEW, networks(1, "10.10.0.0"), "ClusterIP", true),
        (NEW, networks(1, "nonsense/64"), "NodePortLocal", true),
        (NEW, "nonsense".to_owned(), "ClusterIP", true),
        (NEW, "[]".to_owned(), "ClusterIP", false),
        (NEW, "null".to_owned(), "ClusterIP", false),
        (NEW, networks(1, "nonsense"), "NodePort", false),
        (nsxt, networks(1, "nonsense"), "ClusterIP", false),
    ] {
        let rejected = plan(stated, &with(&list, mode), &[]).rejected.map(|rejected| rejected.code);
        assert_eq!(rejected, refused.then_some("nodeNetworkInvalid"), "{list} {mode} {stated}");
    }
    // in the ConfigMap it is JSON in a string
    let map = |list: &str| {
        format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: avi-k8s-config, namespace: avi-system}}, data: \
             {{clusterName: c, vipNetworkList: '[{{\"networkName\":\"net1\"}}]', nodeNetworkList: '{list}'}}}}"
        )
    };
    let of = |list: &str| plan(NEW, &map(list), &[]).rejected.map(|rejected| rejected.code);
    assert_eq!(of(r#"[{"networkName":"nodes","cidrs":["10.10.0.0/24"]}]"#), None);
    assert_eq!(of(r#"[{"networkName":"nodes","cidrs":["10.10.0.0"]}]"#), Some("nodeNetworkInvalid"));
    assert_eq!(of("[{"), Some("nodeNetworkInvalid"));
}

#[test]
fn leaves_services_to_others_as_the_release_does() {
    let foreign =
        service("lb", "", "type: LoadBalancer, loadBalancerClass: example.com/other, ipFamilies: [IPv4]");
    assert_eq!(names(&plan(OLD, &values("AKOSettings: {}"), &[&foreign])), ["my-cluster--shop-lb"]);
    let newer = plan(NEW, &values("AKOSettings: {}"), &[&foreign]);
    assert!(names(&newer).is_empty() && left_out(&newer).contains("another load balancer"), "{newer:?}");
    let only7 = plan(OLD, &values("AKOSettings: {layer7Only: true}"), &[&foreign]);
    assert!(names(&only7).is_empty() && left_out(&only7).contains("layer7Only"), "{only7:?}");
}

#[test]
fn an_ingress_overlooks_load_balancers_unless_it_has_them_for_itself() {
    let lb = service("lb", "", "type: LoadBalancer, ipFamilies: [IPv4]");
    let objects = [CLASS, &lb, &slice("lb", "IPv4", "10.0.0.1"), &ingress("", &to("a.example.com", "lb"))];
    let both = plan(NEW, &values("AKOSettings: {}"), &objects);
    assert_eq!(
        pools(&both),
        ["my-cluster--a.example.com_-shop-front =", "my-cluster--shop-lb-TCP-80 = 10.0.0.1 port 8080"]
    );
    let only7 = plan(NEW, &values("AKOSettings: {layer7Only: true}"), &objects);
    assert_eq!(pools(&only7), ["my-cluster--a.example.com_-shop-front = 10.0.0.1 port 8080"]);
}

#[test]
fn one_rule_without_paths_is_the_end_of_an_ingress() {
    let web = service("web", "", "type: ClusterIP, ipFamilies: [IPv4]");
    let rules = to("a.example.com", "web").replace("rules: [", "rules: [{host: b.example.com}, ");
    for stated in [OLD, NEW] {
        let plan = plan(stated, &values("AKOSettings: {}"), &[CLASS, &web, &ingress("", &rules)]);
        assert!(names(&plan).is_empty() && left_out(&plan).contains("has no http"), "{plan:?}");
    }
}

#[test]
fn a_route_that_names_a_service_twice_is_not_built() {
    let route = "{apiVersion: route.openshift.io/v1, kind: Route, metadata: {name: r, namespace: shop}, spec: \
                 {host: a.example.com, to: {name: web}, alternateBackends: [{name: api}]}}";
    let web = service("web", "", "type: ClusterIP, ipFamilies: [IPv4]");
    let stated = "ako=2.1.1 akoCloud=CLOUD_VCENTER platform=openshift";
    let of = |route: &str| plan(stated, &values("AKOSettings: {}"), &[&web, route]);
    assert_eq!(of(route).pools.len(), 2);
    let twice = of(&route.replace("[{name: api}]", "[{name: web}]"));
    assert!(names(&twice).is_empty() && left_out(&twice).contains("Service twice"), "{twice:?}");
}

#[test]
fn services_that_share_a_vip_stand_or_fall_together() {
    let share = "ako.vmware.com/enable-shared-vip: grp";
    let first = service("a", share, "type: LoadBalancer, ipFamilies: [IPv4]");
    let second = service("b", share, "type: LoadBalancer, ipFamilies: [IPv6]");
    let slices = [slice("a", "IPv4", "10.0.0.1"), slice("b", "IPv6", "fd00::1")];
    let objects = [first.as_str(), &second, &slices[0], &slices[1]];
    let one = plan(NEW, &values("AKOSettings: {ipFamily: V4}"), &objects);
    assert_eq!(names(&one), ["my-cluster--shop-grp"]);
    assert_eq!(
        pools(&one),
        ["my-cluster--shop-a-grp-TCP-80 = 10.0.0.1 port 8080", "my-cluster--shop-b-grp-TCP-80 ="]
    );
    // of one of them its own pool alone is told
    let mut snapshot = Snapshot::complete();
    for text in [values("AKOSettings: {}").as_str()].iter().chain(&objects) {
        snapshot.insert(manifest::object(yaml::parse_one(text).unwrap(), "values.yaml", None).unwrap());
    }
    let profile = profile::resolve(&Stated::default(), &snapshot, None);
    let only = Plan::of(&snapshot, &profile, Only { service: Some(("shop", "a")) }).unwrap();
    assert_eq!((names(&only), only.pools.len()), (names(&one), 1), "{only:?}");
    let other = service("b", share, "type: LoadBalancer, ipFamilies: [IPv4], loadBalancerIP: 192.0.2.9");
    let none = plan(NEW, &values("AKOSettings: {}"), &[&first, &other]);
    assert!(names(&none).is_empty() && left_out(&none).contains("different addresses"), "{none:?}");
}

#[test]
fn hosts_with_tls_have_a_child_if_their_certificate_is_there() {
    let tls = format!("tls: [{{hosts: [a.example.com], secretName: cert}}], {}", to("a.example.com", "web"));
    let web = service("web", "", "type: ClusterIP, ipFamilies: [IPv4]");
    let secret = "{apiVersion: v1, kind: Secret, metadata: {name: cert, namespace: shop}}";
    let front = ingress("", &tls);
    let base = values("AKOSettings: {}");
    let without = plan(NEW, &base, &[CLASS, &web, &front]);
    assert_eq!(names(&without), ["my-cluster--Shared-L7-3"]);
    assert!(pools(&without).is_empty() && left_out(&without).contains("certificate"), "{without:?}");
    let with = plan(NEW, &base, &[CLASS, &web, &front, secret]);
    assert_eq!(names(&with), ["my-cluster--Shared-L7-3", "my-cluster--a.example.com"]);
    assert_eq!(pools(&with), ["my-cluster--shop-a.example.com_-front ="]);
    let rule = "{apiVersion: ako.vmware.com/v1beta1, kind: HostRule, metadata: {name: r, namespace: shop}, \
                spec: {virtualhost: {fqdn: a.example.com, tls: {sslKeyCertificate: {name: k, type: ref}}}}}";
    let plain = ingress("", &to("a.example.com", "web"));
    let by_rule = plan(NEW, &base, &[CLASS, &web, &plain, rule]);
    assert_eq!(names(&by_rule), ["my-cluster--Shared-L7-3", "my-cluster--a.example.com"]);
    let regex = rule.replace("virtualhost: {", "virtualhost: {useRegex: true, ");
    let hashed = pools(&plan(NEW, &base, &[CLASS, &web, &plain, &regex]));
    assert_eq!(hashed, ["my-cluster--1233ea5d4ee601c34b4b065ec3bb4cc5b539556b ="]);
    // HostRules may name many hosts at once
    for (fqdn, kind, applies) in [
        ("'*.example.com'", "Wildcard", true),
        ("'*.example.org'", "Wildcard", false),
        ("a.example.com", "Wildcard", false),
        ("example", "Contains", true),
        ("other", "Contains", false),
        ("'*.example.com'", "Exact", false),
    ] {
        let loose = rule.replace("fqdn: a.example.com", &format!("fqdn: {fqdn}, fqdnType: {kind}"));
        let names = names(&plan(NEW, &base, &[CLASS, &web, &plain, &loose])).len();
        assert_eq!(names == 2, applies, "{fqdn} {kind}");
    }
    let both = [("one", "'*.com'"), ("two", "'*.example.com'")].map(|(name, fqdn)| {
        let named = rule.replace("name: r,", &format!("name: {name},"));
        named.replace("fqdn: a.example.com", &format!("fqdn: {fqdn}, fqdnType: Wildcard"))
    });
    let unsure = plan(NEW, &base, &[CLASS, &web, &plain, &both[0], &both[1]]);
    assert!(unsure.unknown.iter().any(|note| note.contains("several HostRules match a.example.com")));
    let default = ingress("ako.vmware.com/enable-tls: 'True'", &to("a.example.com", "web"));
    let router =
        secret.replace("name: cert, namespace: shop", "name: router-certs-default, namespace: avi-system");
    assert_eq!(
        names(&plan(NEW, &base, &[CLASS, &web, &default, &router])),
        ["my-cluster--Shared-L7-3", "my-cluster--a.example.com"]
    );
    let passed = ingress("passthrough.ako.vmware.com/enabled: 'True'", &to("a.example.com", "web"));
    assert_eq!(
        names(&plan(NEW, &base, &[CLASS, &web, &passed])),
        ["my-cluster--Shared-Passthrough-0", "my-cluster--Shared-Passthrough-0-insecure"]
    );
}

#[test]
fn ranges_of_pods_come_from_where_the_cni_keeps_them() {
    let one = node("one", "10.0.0.1 2001:db8::1", "spec: {podCIDR: 10.9.0.0/24, podCIDRs: [10.9.0.0/24]}");
    let cilium = "{apiVersion: cilium.io/v2, kind: CiliumNode, metadata: {name: one}, \
                  spec: {ipam: {podCIDRs: [10.8.0.0/24, 'fd00:8::/64']}}}";
    let subnet = "{apiVersion: network.openshift.io/v1, kind: HostSubnet, metadata: {name: one}, host: one, \
                  subnet: 10.7.0.0/23}";
    let block = "{apiVersion: crd.projectcalico.org/v1, kind: BlockAffinity, metadata: {name: b}, \
                 spec: {node: one, cidr: 10.6.0.0/26}}";
    let routes = |stated: &str, cni: &str| -> Vec<String> {
        let plan = plan(
            stated,
            &values(&format!("AKOSettings: {{cniPlugin: {cni}}}")),
            &[&one, cilium, subnet, block],
        );
        plan.routes().map(|(_, route)| format!("{} via {}", route.prefix, route.next_hop)).collect()
    };
    assert_eq!(routes(NEW, "cilium"), ["10.8.0.0/24 via 10.0.0.1", "fd00:8::/64 via 2001:db8::1"]);
    assert_eq!(routes(OLD, "cilium"), ["10.9.0.0/24 via 10.0.0.1"]);
    assert_eq!(routes(NEW, "openshift"), ["10.7.0.0/23 via 10.0.0.1"]);
    assert_eq!(routes(NEW, "Calico"), ["10.6.0.0/26 via 10.0.0.1"]);
    let off = plan(NEW, &values("AKOSettings: {disableStaticRouteSync: true}"), &[&one]);
    assert_eq!((off.routes().count(), off.no_routes), (0, Some("disableStaticRouteSync is set")));
}

#[test]
fn what_kills_ako_is_told_with_the_object() {
    let class = "{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: avi-lb}, \
                 spec: {controller: ako.vmware.com/avi-lb, parameters: {kind: AviInfraSetting, name: gold}}}";
    let dead = plan(NEW, &values("AKOSettings: {}"), &[class]);
    assert_eq!(dead.crash.unwrap().object.to_string(), "IngressClass avi-lb");
    let stray = "{apiVersion: crd.projectcalico.org/v1, kind: BlockAffinity, metadata: {name: b}, spec: {}}";
    let dead = plan(NEW, &values("AKOSettings: {cniPlugin: calico}"), &[stray]);
    assert_eq!(dead.crash.unwrap().object.to_string(), "BlockAffinity b");
}

#[test]
fn a_server_that_loses_its_route_beside_one_that_had_none_is_told() {
    let bare = |name: &str, address: &str| node(name, address, "spec: {}");
    let routed = node("one", "10.0.0.1", "spec: {podCIDR: 10.9.0.0/24, podCIDRs: [10.9.0.0/24]}");
    let lb = service("lb", "", "type: LoadBalancer, ipFamilies: [IPv4]");
    let slice = slice("lb", "IPv4", "10.9.0.1@one 10.8.0.1@two");
    let of = |one: &str| plan(NEW, &values("AKOSettings: {}"), &[one, &bare("two", "10.0.0.2"), &lb, &slice]);
    let (before, after) = (of(&routed), of(&bare("one", "10.0.0.1")));
    assert_eq!(Change::between(&before, &after).worse(), ["1 server is left without a route"]);
    assert!(Change::between(&after, &before).worse().is_empty());
}

#[test]
fn what_nobody_looked_at_is_unknown() {
    let lb = service("lb", "", "type: LoadBalancer, ipFamilies: [IPv4]");
    let mut snapshot = Snapshot::complete();
    for text in [&values("AKOSettings: {}"), &lb] {
        let document = yaml::parse_one(text).unwrap();
        snapshot.insert(manifest::object(document, "values.yaml", None).unwrap());
    }
    snapshot.mark(Kind::EndpointSlice, Seen::NotLookedAt);
    snapshot.mark(Kind::Node, Seen::NotLookedAt);
    let plan = planned("ako=2.1.1", &snapshot);
    let unknown = plan.pools[0].unknown.as_deref();
    assert_eq!(unknown, Some("needs EndpointSlice objects: pass a file that holds them"));
    let notes = plan.unknown.join("\n");
    assert!(notes.contains("CLOUD_VCENTER assumed") && notes.contains("needs Node objects"), "{notes}");
}

#[test]
fn routes_that_nobody_knows_are_not_missed() {
    let one = node("one", "10.0.0.1", "spec: {podCIDR: 10.9.0.0/24, podCIDRs: [10.9.0.0/24]}");
    let lb = service("lb", "", "type: LoadBalancer, ipFamilies: [IPv4]");
    for (cni, kind) in [("calico", Kind::BlockAffinity), ("cilium", Kind::CiliumNode), ("''", Kind::Node)] {
        let mut snapshot = Snapshot::complete();
        let values = values(&format!("AKOSettings: {{cniPlugin: {cni}}}"));
        for text in [&values, &one, &lb, &slice("lb", "IPv4", "10.9.0.1")] {
            let document = yaml::parse_one(text).unwrap();
            snapshot.insert(manifest::object(document, "values.yaml", None).unwrap());
        }
        let missed = planned(NEW, &snapshot).notes();
        assert_eq!(
            missed.iter().any(|note| note.contains("IPv4 static route")),
            kind != Kind::Node,
            "{missed:?}"
        );
        snapshot.mark(kind, Seen::NotLookedAt);
        let plan = planned(NEW, &snapshot);
        assert_eq!(plan.notes(), Vec::<String>::new());
        assert_eq!(plan.is_reachable(&plan.pools[0].servers[0]), None);
        let needs = format!("needs {} objects: pass a file that holds them; no static route", kind.name());
        assert!(plan.unknown.iter().any(|note| note.contains(&needs)), "{:?}", plan.unknown);
    }
}
