//! VIP networks: which one an object gets (4.4), and what a list holds (4.5).

use ako_gate::facts::ako::vip::setting_networks;
use ako_gate::facts::ako::written::Written;
use ako_gate::model::{Families, Kind};

use super::world::{
    Table, World, config, ingress, ingress_class, namespace, objects, service, setting, words,
};

const V4: &str = "{networkName: a, cidr: 10.0.0.0/24}";
const V6: &str = "{networkName: a, v6cidr: '2001:db8::/64'}";
const DUAL: &str = "{networkName: a, cidr: 10.0.0.0/24, v6cidr: '2001:db8::/64'}";
const ACCEPTED: &str = "status: Accepted";
const REJECTED: &str = "status: Rejected";

fn annotation(name: &str) -> String {
    format!("aviinfrasetting.ako.vmware.com/name: {name}")
}

/// A namespace that selects the setting `gold`.
fn gold_namespace() -> String {
    namespace(&format!("annotations: {{{}}}", annotation("gold")))
}

/// The families of the subject's VIP, and where its network comes from.
fn vip(pairs: &str, texts: &[&str], without: &[Kind]) -> String {
    let world = World::new(pairs, texts).without(without);
    world.ask(|view, object| {
        words(view.vip_network(object).map(|n| format!("{}, {}", n.families, n.origin())))
    })
}

const FROM_CONFIG: &str = "IPv4 and IPv6, AKO's configuration";

/// The configuration of these tables: its own network is dual.
fn dual_config() -> String {
    config("vipNetworkList: '[{\"cidr\":\"10.0.0.0/24\",\"v6cidr\":\"2001:db8::/64\"}]'")
}

#[test]
fn a_service_gets_the_network_of_its_setting_first() {
    let (plain, annotated) =
        (service("", "type: LoadBalancer"), service(&annotation("red"), "type: LoadBalancer"));
    let (red, gold, namespace) =
        (setting("red", V4, ACCEPTED), setting("gold", V6, ACCEPTED), gold_namespace());
    let mut table = Table::default();
    let mut row = |releases: &[&str], texts: &[&str], without: &[Kind], wanted: &str| {
        let config = dual_config();
        for release in releases {
            let texts: Vec<&str> = texts.iter().copied().chain([config.as_str()]).collect();
            let found = vip(&format!("ako={release}"), &texts, without);
            table.row(&format!("{release} {texts:?} without {without:?}"), wanted, &found);
        }
    };
    let every = &["1.8.2", "1.9.3", "1.10.5", "1.11.1", "1.12.1", "2.1.1"];
    let (before, with_namespaces) = every.split_at(3);
    let (from_red, from_gold) = ("IPv4, AviInfraSetting red", "IPv6, AviInfraSetting gold");
    row(every, &[&plain, &red], &[], FROM_CONFIG);
    row(every, &[&annotated, &red], &[], from_red);
    row(every, &[&annotated, &red, &gold, &namespace], &[], from_red);
    // without a status it counts as accepted
    row(every, &[&annotated, &setting("red", V4, "")], &[], from_red);
    row(every, &[&annotated, &setting("red", V4, REJECTED)], &[], FROM_CONFIG);
    row(every, &[&annotated], &[], FROM_CONFIG);
    row(every, &[&annotated], &[Kind::AviInfraSetting], "unknown");
    row(every, &[&annotated, &setting("red", "", ACCEPTED)], &[], FROM_CONFIG);
    row(every, &[&service(&annotation("''"), "type: LoadBalancer"), &red], &[], FROM_CONFIG);
    // only the first network is used
    row(every, &[&annotated, &setting("red", &format!("{V4}, {DUAL}"), ACCEPTED)], &[], from_red);
    // the Namespace's setting: from 1.11.1, and where the object's own supplies no network
    row(before, &[&plain, &gold, &namespace], &[], FROM_CONFIG);
    row(before, &[&plain, &gold], &[Kind::Namespace], FROM_CONFIG);
    row(with_namespaces, &[&plain, &gold, &namespace], &[], from_gold);
    row(with_namespaces, &[&plain, &gold], &[], FROM_CONFIG);
    row(with_namespaces, &[&plain, &gold], &[Kind::Namespace], "unknown");
    row(with_namespaces, &[&plain, &namespace], &[], FROM_CONFIG);
    row(with_namespaces, &[&plain, &setting("gold", V6, REJECTED), &namespace], &[], FROM_CONFIG);
    row(with_namespaces, &[&annotated, &setting("red", "", ACCEPTED), &gold, &namespace], &[], FROM_CONFIG);
    row(with_namespaces, &[&annotated, &setting("red", V4, REJECTED), &gold, &namespace], &[], FROM_CONFIG);
    row(with_namespaces, &[&annotated, &gold, &namespace], &[], FROM_CONFIG);
    table.check();
}

#[test]
fn an_ingress_gets_the_network_of_its_class() {
    let parameters = |group: &str, kind: &str| {
        let class = "controller: ako.vmware.com/avi-lb, parameters:";
        ingress_class("avi", "", &format!("{class} {{apiGroup: {group}, kind: {kind}, name: red}}"))
    };
    let class = parameters("ako.vmware.com", "AviInfraSetting");
    let named = ingress("", "ingressClassName: avi");
    let annotated = ingress(&annotation("gold"), "ingressClassName: avi");
    let (red, gold, namespace) =
        (setting("red", V4, ACCEPTED), setting("gold", V6, ACCEPTED), gold_namespace());
    let default_class = class
        .replace("annotations: {}", "annotations: {ingressclass.kubernetes.io/is-default-class: 'true'}");
    assert_ne!(default_class, class);
    let mut table = Table::default();
    let mut row = |releases: &[&str], texts: &[&str], wanted: &str| {
        let config = dual_config();
        for release in releases {
            let texts: Vec<&str> = texts.iter().copied().chain([config.as_str()]).collect();
            table.row(&format!("{release} {texts:?}"), wanted, &vip(&format!("ako={release}"), &texts, &[]));
        }
    };
    let (before, with_namespaces) = (&["1.9.3", "1.10.5"], &["1.11.1", "2.1.1"]);
    let (from_red, from_gold) = ("IPv4, AviInfraSetting red", "IPv6, AviInfraSetting gold");
    for releases in [before, with_namespaces] {
        row(releases, &[&named, &class, &red], from_red);
        row(releases, &[&ingress("", ""), &default_class, &red], from_red);
        row(releases, &[&named, &class, &red, &gold, &namespace], from_red);
        row(releases, &[&named, &class], FROM_CONFIG);
        row(releases, &[&named, &parameters("ako.vmware.com", "HostRule"), &red], FROM_CONFIG);
        row(releases, &[&named, &parameters("example.com", "AviInfraSetting"), &red], FROM_CONFIG);
        row(
            releases,
            &[&named, &ingress_class("avi", "", "controller: ako.vmware.com/avi-lb"), &red],
            FROM_CONFIG,
        );
        // an Ingress does not select by annotation
        row(releases, &[&annotated, &class, &red, &gold], from_red);
    }
    let bare = ingress_class("avi", "", "controller: ako.vmware.com/avi-lb");
    row(before, &[&named, &bare, &gold, &namespace], FROM_CONFIG);
    row(with_namespaces, &[&named, &bare, &gold, &namespace], from_gold);
    table.check();
}

#[test]
fn a_route_selects_by_annotation() {
    let route = |annotations: &str| {
        format!(
            "{{apiVersion: route.openshift.io/v1, kind: Route, \
             metadata: {{name: web, namespace: shop, annotations: {{{annotations}}}}}}}"
        )
    };
    let (red, gold, namespace, config) =
        (setting("red", V4, ""), setting("gold", V6, ""), gold_namespace(), dual_config());
    let others: [&str; 4] = [&red, &gold, &namespace, &config];
    let found = |release: &str, route: &str| {
        let texts: Vec<&str> = [route].into_iter().chain(others).collect();
        vip(&format!("ako={release}"), &texts, &[])
    };
    assert_eq!(found("1.9.3", &route(&annotation("red"))), "IPv4, AviInfraSetting red");
    assert_eq!(found("1.9.3", &route("")), FROM_CONFIG);
    assert_eq!(found("2.1.1", &route("")), "IPv6, AviInfraSetting gold");
}

#[test]
fn a_selection_knows_what_selects_and_whether_it_is_of_use() {
    let mut table = Table::default();
    let mut row = |texts: &[&str], wanted: &str| {
        let found = World::new("ako=2.1.1", texts).ask(|view, object| {
            view.selection(object).unwrap().map_or("none".to_owned(), |selection| {
                let state = match (selection.setting, selection.is_rejected()) {
                    (None, _) => "missing",
                    (_, true) => "rejected",
                    _ => "there",
                };
                let field = object.path(selection.field);
                let key = selection.missing_key().map_or(String::new(), |key| format!(".{key}"));
                format!("{} by {field}{key}, {state}", selection.name)
            })
        });
        table.row(&format!("{texts:?}"), wanted, &found);
    };
    let annotated = service(&annotation("red"), "");
    let field = "metadata.annotations[aviinfrasetting.ako.vmware.com/name]";
    row(&[&annotated], &format!("red by {field}, missing"));
    row(&[&annotated, &setting("red", V4, REJECTED)], &format!("red by {field}, rejected"));
    row(&[&annotated, &setting("red", V4, "status: ''")], &format!("red by {field}, there"));
    row(&[&annotated, &setting("red", V4, ACCEPTED)], &format!("red by {field}, there"));
    row(&[&service("", ""), &gold_namespace()], "gold by metadata.namespace, missing");
    row(&[&service("", "")], "none");
    let class = "controller: ako.vmware.com/avi-lb, \
                 parameters: {apiGroup: ako.vmware.com, kind: AviInfraSetting, name: red}";
    let class = ingress_class("avi", "ingressclass.kubernetes.io/is-default-class: 'true'", class);
    row(&[&ingress("", "ingressClassName: avi"), &class], "red by spec.ingressClassName, missing");
    row(&[&ingress("", ""), &class], "red by spec.ingressClassName, missing");
    table.check();
}

/// The families of the first network in each form that can hold this element.
fn first_network(element: &str) -> [String; 4] {
    let json = element.replace('\'', "\"");
    let akoconfig = "{apiVersion: ako.vmware.com/v1alpha1, kind: AKOConfig, metadata: {name: ako}, spec:";
    let forms = [
        config(&format!("vipNetworkList: '[{json}]'")),
        format!("NetworkSettings: {{vipNetworkList: [{element}]}}"),
        format!("{akoconfig} {{networkSettings: {{vipNetworkList: [{element}]}}}}}}"),
        setting("red", element, ""),
    ];
    forms.map(|form| {
        let stored = objects(&form);
        let written = Written::of(stored[0].object(), "avi-system").unwrap();
        written.networks.used().map_or("no network".to_owned(), |network| network.families().to_string())
    })
}

#[test]
fn the_fields_of_a_network_decide_the_families() {
    let rows = [
        ("'networkName': 'a'", Families::V4),
        ("", Families::V4),
        ("'cidr': '10.0.0.0/24'", Families::V4),
        ("'cidr': '10.0.0.0/24', 'v6cidr': ''", Families::V4),
        ("'cidr': '10.0.0.0/24', 'v6cidr': null", Families::V4),
        ("'v6cidr': '2001:db8::/64'", Families::V6),
        ("'v6cidr': '2001:db8::/64', 'cidr': ''", Families::V6),
        ("'cidr': '10.0.0.0/24', 'v6cidr': '2001:db8::/64'", Families::BOTH),
        ("'unknown': 1, 'cidr': '10.0.0.0/24', 'v6cidr': '2001:db8::/64'", Families::BOTH),
    ];
    for (fields, wanted) in rows {
        assert_eq!(first_network(&format!("{{{fields}}}")), [(); 4].map(|()| wanted.to_string()), "{fields}");
    }
}

#[test]
fn letter_case_counts_in_custom_resources_only() {
    let rows = [
        ("'cidr': '10.0.0.0/24', 'V6CIDR': '2001:db8::/64'", Families::BOTH, Families::V4),
        ("'CIDR': '10.0.0.0/24', 'v6Cidr': '2001:db8::/64'", Families::BOTH, Families::V4),
        // the last duplicate wins, unless it is null
        ("'v6cidr': '2001:db8::/64', 'V6CIDR': ''", Families::V4, Families::V6),
        ("'V6CIDR': '', 'v6cidr': '2001:db8::/64'", Families::V6, Families::V6),
        ("'v6cidr': '2001:db8::/64', 'V6CIDR': null", Families::V6, Families::V6),
        ("'v6cidr': null, 'V6CIDR': '2001:db8::/64'", Families::V6, Families::V4),
    ];
    for (fields, insensitive, exact) in rows {
        let wanted = [insensitive, insensitive, exact, exact].map(|families| families.to_string());
        assert_eq!(first_network(&format!("{{{fields}}}")), wanted, "{fields}");
    }
    // the same key twice, which only the JSON of the ConfigMap can hold
    let twice = r#"vipNetworkList: '[{"v6cidr":"2001:db8::/64","v6cidr":""}]'"#;
    let world = World::new("ako=1.9.3", &[&config(twice)]);
    assert_eq!(world.config(|config| config.vip_networks().used().unwrap().families()), Families::V4);
}

#[test]
fn a_list_is_decoded_as_ako_decodes_it() {
    let mut table = Table::default();
    let mut row = |data: &str, wanted: &str| {
        let found = World::new("ako=1.9.3", &[&config(data)]).config(|config| {
            let networks = config.vip_networks();
            let name = format!("{networks:?}").split(['(', ' ']).next().unwrap().to_owned();
            format!("{name} of {}", networks.list().len())
        });
        table.row(data, wanted, &found);
    };
    row("", "NotWritten of 0");
    row("vipNetworkList: '[]'", "List of 0");
    row("vipNetworkList: '[{}]'", "List of 1");
    row("vipNetworkList: '[null]'", "List of 1");
    row(r#"vipNetworkList: '[{"cidr":"10.0.0.0/24"},{"networkName":"b"}]'"#, "List of 2");
    for unreadable in
        ["", "null", "{}", "[", "[1]", "[\"a\"]", "[[]]", r#"[{"cidr":1}]"#, r#"[{"V6CIDR":[]}]"#]
    {
        row(&format!("vipNetworkList: '{unreadable}'"), "Unreadable of 0");
    }
    table.check();
}

#[test]
fn a_setting_without_networks_leaves_the_choice_to_others() {
    for spec in ["spec: {}", "spec: {network: {}}", "spec: {network: {vipNetworks: null}}"] {
        let text = format!(
            "{{apiVersion: ako.vmware.com/v1beta1, kind: AviInfraSetting, metadata: {{name: red}}, {spec}}}"
        );
        let stored = objects(&text);
        assert!(setting_networks(stored[0].object()).used().is_none(), "{spec}");
    }
}
