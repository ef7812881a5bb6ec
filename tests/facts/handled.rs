//! Which Services (4.2), Ingresses (4.3) and Routes AKO handles.

#![allow(clippy::redundant_closure_for_method_calls, reason = "a method of View is bound to one lifetime")]

use ako_gate::facts::Unknown;
use ako_gate::facts::ako::handled::Handled;
use ako_gate::model::Kind;

use super::world::{Table, World, config, ingress, ingress_class, namespace, service, words};

const AVI: &str = "controller: ako.vmware.com/avi-lb";
const OTHER: &str = "controller: k8s.io/ingress-nginx";
const DEFAULT: &str = "ingressclass.kubernetes.io/is-default-class: 'true'";
const BOTH_ERAS: &[&str] = &["1.8.2", "1.9.3", "1.11.5", "1.12.1", "1.13.4", "2.1.1"];

fn short(handled: Result<Handled, Unknown>) -> String {
    words(handled.map(|handled| match handled {
        Handled::Yes => "yes",
        Handled::DespiteClass => "despite its class",
        Handled::No(_) => "no",
    }))
}

fn load_balancer(release: &str, texts: &[&str], without: &[Kind]) -> String {
    let world = World::new(&format!("ako={release}"), texts).without(without);
    short(world.ask(|view, service| view.handles_service(service)))
}

#[test]
fn only_load_balancers_outside_layer7_only_are_handled() {
    let mut table = Table::default();
    for release in BOTH_ERAS {
        let mut row = |spec: &str, data: &str, wanted: &str| {
            let texts = [service("", spec), config(data)];
            let found = load_balancer(release, &[&texts[0], &texts[1]], &[]);
            table.row(&format!("{release} {spec} {data}"), wanted, &found);
        };
        row("type: LoadBalancer", "", "yes");
        for other in ["", "type: ClusterIP", "type: NodePort", "type: ExternalName", "type: loadbalancer"] {
            row(other, "", "no");
        }
        row("type: LoadBalancer", "layer7Only: 'true'", "no");
        row("type: LoadBalancer", "layer7Only: '1'", "no");
        row("type: LoadBalancer", "layer7Only: 'false'", "yes");
        row("type: LoadBalancer", "layer7Only: 'yes'", "yes");
        row("type: LoadBalancer", "blockedNamespaceList: '[\"lab\",\"shop\"]'", "no");
        row("type: LoadBalancer", "blockedNamespaceList: '[\"sho\",\"shops\"]'", "yes");
        row("type: LoadBalancer", "blockedNamespaceList: ''", "yes");
    }
    table.check();
}

#[test]
fn blocked_namespaces_and_layer7_only_are_read_from_every_form() {
    let forms = [
        "AKOSettings: {blockedNamespaceList: [lab, shop]}",
        "AKOSettings: {layer7Only: true}",
        "{apiVersion: ako.vmware.com/v1beta1, kind: AKOConfig, metadata: {name: ako, namespace: avi-system}, \
         spec: {akoSettings: {blockedNamespaceList: [lab, shop]}}}",
        "{apiVersion: ako.vmware.com/v1beta1, kind: AKOConfig, metadata: {name: ako, namespace: avi-system}, \
         spec: {akoSettings: {layer7Only: true}}}",
    ];
    for form in forms {
        let found = load_balancer("1.11.5", &[&service("", "type: LoadBalancer"), form], &[]);
        assert_eq!(found, "no", "{form}");
    }
}

#[test]
fn the_namespace_filter_needs_key_and_value() {
    let both = config("nsSyncLabelKey: team, nsSyncLabelValue: blue");
    let (key, value) = (config("nsSyncLabelKey: team"), config("nsSyncLabelValue: blue"));
    let labelled = namespace("labels: {team: blue}");
    let (otherwise, bare) = (namespace("labels: {team: Blue}"), namespace("annotations: {team: blue}"));
    let mut table = Table::default();
    let mut row = |texts: &[&str], without: &[Kind], wanted: &str| {
        let mut texts = texts.to_vec();
        let service = service("", "type: LoadBalancer");
        texts.insert(0, &service);
        for release in ["1.9.3", "2.1.1"] {
            let found = load_balancer(release, &texts, without);
            table.row(&format!("{release} {texts:?} without {without:?}"), wanted, &found);
        }
    };
    row(&[&both, &labelled], &[], "yes");
    row(&[&both, &otherwise], &[], "no");
    row(&[&both, &bare], &[], "no");
    row(&[&key], &[], "yes");
    row(&[&value], &[], "yes");
    // no such Namespace, as opposed to nobody having looked
    row(&[&both], &[], "no");
    row(&[&both], &[Kind::Namespace], "unknown");
    row(&[&both, &labelled], &[Kind::Namespace], "yes");
    row(&[], &[Kind::Namespace], "yes");
    row(&[], &[Kind::ConfigMap], "unknown");
    table.check();
}

#[test]
fn the_class_counts_from_1_12_1_on() {
    let class = |name: &str| service("", &format!("type: LoadBalancer, loadBalancerClass: {name}"));
    let (none, own, other) =
        (service("", "type: LoadBalancer"), class("ako.vmware.com/avi-lb"), class("a/b"));
    let off = config("defaultLBController: 'false'");
    let unparsable = config("defaultLBController: 'off'");
    let mut table = Table::default();
    let mut row = |releases: &[&str], texts: &[&str], wanted: &str| {
        for release in releases {
            table.row(&format!("{release} {texts:?}"), wanted, &load_balancer(release, texts, &[]));
        }
    };
    let (before, after) = BOTH_ERAS.split_at(3);
    row(BOTH_ERAS, &[&own], "yes");
    row(BOTH_ERAS, &[&own, &off], "yes");
    row(BOTH_ERAS, &[&none], "yes");
    row(BOTH_ERAS, &[&none, &unparsable], "yes");
    row(before, &[&none, &off], "yes");
    row(before, &[&other], "despite its class");
    row(before, &[&other, &off], "despite its class");
    row(after, &[&none, &off], "no");
    row(after, &[&other], "no");
    row(after, &[&other, &off], "no");
    table.check();
}

#[test]
fn an_ingress_is_handled_by_its_class() {
    let named = ingress("", "ingressClassName: avi");
    let unnamed = ingress("", "");
    let annotated = ingress("kubernetes.io/ingress.class: avi", "");
    let (class, default) = (ingress_class("avi", "", AVI), ingress_class("avi", DEFAULT, AVI));
    let not_default = ingress_class("avi", &DEFAULT.replace("true", "false"), AVI);
    let (foreign, foreign_default) = (ingress_class("avi", "", OTHER), ingress_class("avi", DEFAULT, OTHER));
    let mut table = Table::default();
    let mut row = |texts: &[&str], without: &[Kind], wanted: &str| {
        for release in BOTH_ERAS {
            let world = World::new(&format!("ako={release}"), texts).without(without);
            let found = short(world.ask(|view, ingress| view.handles_ingress(ingress)));
            table.row(&format!("{release} {texts:?} without {without:?}"), wanted, &found);
        }
    };
    row(&[&named, &class], &[], "yes");
    row(&[&named, &foreign], &[], "no");
    row(&[&named, &foreign_default], &[], "no");
    row(&[&named], &[], "no");
    row(&[&named], &[Kind::IngressClass], "unknown");
    row(&[&unnamed, &default], &[], "yes");
    row(&[&unnamed, &class], &[], "no");
    row(&[&unnamed, &not_default], &[], "no");
    row(&[&unnamed, &foreign_default], &[], "no");
    row(&[&unnamed, &ingress_class("a", DEFAULT, OTHER), &default], &[], "yes");
    row(&[&unnamed], &[], "no");
    row(&[&unnamed], &[Kind::IngressClass], "unknown");
    row(&[&annotated, &class], &[], "no");
    // a class that is named is not replaced by the default one
    row(&[&ingress("", "ingressClassName: gone"), &default], &[], "no");
    row(&[&named, &class, &config("blockedNamespaceList: '[\"shop\"]'")], &[], "no");
    row(&[&named, &class, &config("layer7Only: 'true'")], &[], "yes");
    let filter = config("nsSyncLabelKey: team, nsSyncLabelValue: blue");
    row(&[&named, &class, &filter, &namespace("labels: {team: blue}")], &[], "yes");
    row(&[&named, &class, &filter], &[], "no");
    row(&[&named, &class, &filter], &[Kind::Namespace], "unknown");
    table.check();
}

#[test]
fn openshift_has_routes_instead_of_ingresses() {
    let route = "{apiVersion: route.openshift.io/v1, kind: Route, metadata: {name: web, namespace: shop}}";
    let ingress = ingress("", "ingressClassName: avi");
    let class = ingress_class("avi", "", AVI);
    let mut table = Table::default();
    let mut row = |pairs: &str, data: &str, wanted: &str| {
        let config = config(data);
        let ask_route = World::new(pairs, &[route, &config]).ask(|view, route| view.handles_route(route));
        let world = World::new(pairs, &[&ingress, &class, &config]);
        let ask_ingress = world.ask(|view, ingress| view.handles_ingress(ingress));
        let found = format!("Route {}, Ingress {}", short(ask_route), short(ask_ingress));
        table.row(&format!("{pairs} {data}"), wanted, &found);
    };
    row("platform=openshift", "", "Route yes, Ingress no");
    row("platform=kubernetes", "", "Route no, Ingress yes");
    // a Route among the objects shows OpenShift; without one nothing does
    row("", "", "Route yes, Ingress yes");
    for cni in ["openshift", "OpenShift", "ovn-kubernetes"] {
        row("platform=kubernetes", &format!("cniPlugin: {cni}"), "Route yes, Ingress no");
    }
    for cni in ["calico", "antrea", "ovn", ""] {
        row("platform=kubernetes", &format!("cniPlugin: '{cni}'"), "Route no, Ingress yes");
    }
    row("platform=openshift", "blockedNamespaceList: '[\"shop\"]'", "Route no, Ingress no");
    table.check();
}

#[test]
fn a_service_is_used_by_itself_or_through_an_ingress() {
    let cluster_ip = service("", "type: ClusterIP");
    let path = "{path: /, backend: {service: {name: web, port: {number: 80}}}}";
    let ingress = |class: &str| {
        ingress("", &format!("ingressClassName: {class}, rules: [{{http: {{paths: [{path}]}}}}]"))
    };
    let defaulted = ingress("avi")
        .replace("rules: [{http: {paths: [", "defaultBackend: {service: {name: web}}, x: [{y: {z: [");
    let (class, other) = (ingress_class("avi", "", AVI), ingress_class("nginx", "", OTHER));
    let mut table = Table::default();
    let mut row = |texts: &[&str], without: &[Kind], wanted: &str| {
        let world = World::new("ako=1.9.3", texts).without(without);
        let found = world.ask(|view, service| {
            words(view.uses_service(service).map(|used| match used {
                None => "no".to_owned(),
                Some(None) => "by itself".to_owned(),
                Some(Some(ingress)) => format!("through {}", ingress.name()),
            }))
        });
        table.row(&format!("{texts:?} without {without:?}"), wanted, &found);
    };
    row(&[&service("", "type: LoadBalancer"), &class, &ingress("avi")], &[], "by itself");
    row(&[&cluster_ip, &class, &ingress("avi")], &[], "through web");
    row(&[&cluster_ip, &other, &ingress("nginx")], &[], "no");
    row(&[&cluster_ip, &class, &ingress("avi").replace("namespace: shop", "namespace: lab")], &[], "no");
    row(&[&cluster_ip, &class, &defaulted], &[], "no");
    row(&[&cluster_ip, &class], &[], "no");
    row(&[&cluster_ip, &class], &[Kind::Ingress], "unknown");
    row(&[&cluster_ip, &class, &ingress("avi")], &[Kind::Ingress], "through web");
    table.check();
}

#[test]
fn no_ingress_has_to_be_known_where_ako_looks_at_none() {
    let mut table = Table::default();
    let mut row = |facts: &str, data: &str, wanted: &str| {
        let texts = [service("", "type: ClusterIP"), config(data)];
        let world = World::new(facts, &[&texts[0], &texts[1]]).without(&[Kind::Ingress]);
        let found = words(world.ask(|view, service| {
            let ingress = view.handled_ingress_of(service);
            ingress.map(|ingress| if ingress.is_some() { "some" } else { "none" })
        }));
        table.row(&format!("{facts} {data}"), wanted, &found);
    };
    row("ako=2.1.1", "", "unknown");
    row("ako=2.1.1 platform=openshift", "", "none");
    row("ako=2.1.1", "blockedNamespaceList: '[\"shop\"]'", "none");
    table.check();
}
