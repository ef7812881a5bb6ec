//! Pools of node ports: of nodes, and of single Pods.

use super::{NEW, node, plan, pools, service, slice, values};

#[test]
fn local_traffic_comes_in_by_nodes_with_an_endpoint() {
    let nodes = [node("one", "10.0.0.1", "spec: {}"), node("two", "10.0.0.2", "spec: {}")];
    let lb = service("lb", "", "type: LoadBalancer, ipFamilies: [IPv4], externalTrafficPolicy: Local");
    let slice = slice("lb", "IPv4", "10.1.0.9@two");
    let objects = [nodes[0].as_str(), &nodes[1], &lb, &slice];
    let mode = values("L7Settings: {serviceType: NodePort}");
    assert_eq!(pools(&plan(NEW, &mode, &objects)), ["my-cluster--shop-lb-TCP-80 = 10.0.0.2 port 30080"]);
    let of = |release: &str| pools(&plan(&format!("ako={release} akoCloud=CLOUD_VCENTER"), &mode, &objects));
    assert_eq!(of("1.14.1"), ["my-cluster--shop-lb-TCP-80 = 10.0.0.2 port 30080"]);
    for release in ["1.12.1", "1.13.4"] {
        let both = "my-cluster--shop-lb-TCP-80 = 10.0.0.1 port 30080 10.0.0.2 port 30080";
        assert_eq!(of(release), [both], "{release}");
    }
}

#[test]
fn local_traffic_of_a_family_comes_in_by_nodes_with_an_endpoint_of_it() {
    let nodes =
        ["one", "two"].map(|name| node(name, &format!("10.0.0.1 2001:db8::{}", name.len()), "spec: {}"));
    let lb = service("lb", "", "type: LoadBalancer, ipFamilies: [IPv4, IPv6], externalTrafficPolicy: Local");
    let slices = [slice("lb", "IPv4", "10.1.0.9@one"), slice("lb", "IPv6", "fd00::9@two")];
    let objects = [nodes[0].as_str(), &nodes[1], &lb, &slices[0], &slices[1]];
    let plan = plan(NEW, &values("L7Settings: {serviceType: NodePort}"), &objects);
    assert_eq!(pools(&plan), ["my-cluster--shop-lb-TCP-80 = 10.0.0.1 port 30080 2001:db8::3 port 30080"]);
}

/// A Pod with a node port, as Antrea annotates it.
fn pod(name: &str, address: &str, ready: &str) -> String {
    let ports = format!("[{{\"podPort\":8080,\"nodeIP\":\"{address}\",\"nodePort\":61000}}]");
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: shop, labels: {{app: web}}, annotations: \
         {{nodeportlocal.antrea.io: '{ports}'}}}}, spec: {{nodeName: one}}, status: {{conditions: [{{type: Ready, \
         status: '{ready}'}}]}}}}"
    )
}

#[test]
fn pods_that_are_not_ready_have_node_ports_up_to_1_12_1() {
    let mode =
        values("AKOSettings: {cniPlugin: antrea, ipFamily: V4}, L7Settings: {serviceType: NodePortLocal}");
    let lb = service("lb", "", "type: LoadBalancer, ipFamilies: [IPv4], selector: {app: web}");
    let pods = [pod("a", "10.0.0.1", "True"), pod("b", "10.0.0.2", "False")];
    let (ready, both) = (" 10.0.0.1 port 61000", " 10.0.0.1 port 61000 10.0.0.2 port 61000");
    for (release, wanted) in [("1.9.3", both), ("1.12.1", both), ("1.12.2", ready), ("2.1.1", ready)] {
        let stated = format!("ako={release} akoCloud=CLOUD_VCENTER");
        let plan = plan(&stated, &mode, &[&lb, &pods[0], &pods[1]]);
        assert_eq!(pools(&plan), [format!("my-cluster--shop-lb-TCP-80 ={wanted}")], "{release}");
    }
}

#[test]
fn an_endpoint_without_a_target_kills_ako_if_it_meets_it() {
    let mode = values("AKOSettings: {cniPlugin: antrea}, L7Settings: {serviceType: NodePortLocal}");
    let lb = service("lb", "", "type: LoadBalancer, ipFamilies: [IPv4], selector: {app: web}");
    let pod = pod("a", "10.0.0.1", "True");
    let with = "{addresses: ['10.1.0.1'], targetRef: {kind: Pod, name: a}}";
    let without = "{addresses: ['10.1.0.2']}";
    // AKO looks for each Pod from the first endpoint on, and goes no further than it must
    for (endpoints, dies) in [(format!("{with}, {without}"), false), (format!("{without}, {with}"), true)] {
        let (head, _) = slice("lb", "IPv4", "")
            .split_once("endpoints: []")
            .map(|(a, b)| (a.to_owned(), b.len()))
            .unwrap();
        let slice = format!("{head}endpoints: [{endpoints}], ports: [{{name: http, port: 8080}}]}}");
        assert_eq!(plan(NEW, &mode, &[&lb, &pod, &slice]).crash.is_some(), dies, "{endpoints}");
    }
}
