//! What a Service asks for: its preferred address (4.6) and its families (4.7).

use ako_gate::facts::ako::l4::{ipv6_request, ipv6_request_field};
use ako_gate::facts::service::ServiceFamilies;
use ako_gate::model::Kind;

use super::world::{Table, World, service, words};

const RULE: &str = "ako.vmware.com/l4rule: rule";
const SPEC: &str = "loadBalancerIP: 10.0.0.1";

fn address(ip: &str) -> String {
    format!("ako.vmware.com/load-balancer-ip: '{ip}'")
}

fn l4_rule(namespace: &str, ip: &str) -> String {
    format!(
        "{{apiVersion: ako.vmware.com/v1alpha2, kind: L4Rule, \
         metadata: {{name: rule, namespace: {namespace}}}, spec: {{loadBalancerIP: '{ip}'}}}}"
    )
}

#[test]
fn the_preferred_address_has_an_order() {
    let rule = l4_rule("shop", "10.0.0.3");
    let both = format!("{}, {RULE}", address("10.0.0.2"));
    let mut table = Table::default();
    let mut row = |releases: &[&str],
                   annotations: &str,
                   spec: &str,
                   others: &[&str],
                   without: &[Kind],
                   wanted: &str| {
        for release in releases {
            let service = service(annotations, spec);
            let mut texts = vec![service.as_str()];
            texts.extend(others);
            let world = World::new(&format!("ako={release}"), &texts).without(without);
            let found = world.ask(|view, service| {
                let first = view.preferred_address(service);
                let first =
                    first.map(|address| address.map_or("none".to_owned(), |address| address.text.to_owned()));
                let all = view.preferred_addresses(service).map(|all| all.len());
                format!("{} of {}", words(first), words(all))
            });
            table.row(&format!("{release} {texts:?} without {without:?}"), wanted, &found);
        }
    };
    let every = &["1.8.2", "1.9.3", "1.10.1", "1.11.5", "1.12.1", "1.13.4", "2.1.1"];
    let (without_rules, with_rules) = every.split_at(2);
    row(every, "", "", &[], &[], "none of 0");
    row(every, "", SPEC, &[], &[], "10.0.0.1 of 1");
    row(every, &address("10.0.0.2"), "", &[], &[], "10.0.0.2 of 1");
    row(every, &address("10.0.0.2"), SPEC, &[], &[], "10.0.0.1 of 2");
    row(every, &address("10.0.0.2"), "loadBalancerIP: ''", &[], &[], "10.0.0.2 of 1");
    row(every, &address(""), "", &[], &[], "none of 0");
    row(with_rules, &both, SPEC, &[&rule], &[], "10.0.0.1 of 3");
    row(with_rules, &both, "", &[&rule], &[], "10.0.0.2 of 2");
    row(with_rules, RULE, "", &[&rule], &[], "10.0.0.3 of 1");
    row(with_rules, RULE, "", &[], &[], "none of 0");
    row(with_rules, RULE, "", &[&l4_rule("lab", "10.0.0.3")], &[], "none of 0");
    row(with_rules, RULE, "", &[&l4_rule("shop", "")], &[], "none of 0");
    row(with_rules, RULE, "", &[], &[Kind::L4Rule], "unknown of unknown");
    // what wins is known without the rule
    row(with_rules, RULE, SPEC, &[], &[Kind::L4Rule], "10.0.0.1 of unknown");
    row(without_rules, &both, SPEC, &[&rule], &[], "10.0.0.1 of 2");
    row(without_rules, RULE, "", &[&rule], &[], "none of 0");
    row(without_rules, RULE, "", &[], &[Kind::L4Rule], "none of 0");
    table.check();
}

#[test]
fn an_address_is_ipv6_only_when_it_is_a_plain_one() {
    for (text, wanted) in [
        ("2001:db8::1", true),
        ("2001:DB8:0:0:0:0:0:1", true),
        ("10.0.0.1", false),
        ("::ffff:10.0.0.1", false),
        ("fe80::1%eth0", false),
        ("[2001:db8::1]", false),
        ("web.example.com", false),
    ] {
        let world = World::new("ako=1.9.3", &[&service(&address(text), "")]);
        let found = world.ask(|view, service| view.preferred_address(service).unwrap().unwrap().is_ipv6());
        assert_eq!(found, wanted, "{text}");
    }
}

#[test]
fn the_families_of_a_service_have_an_order() {
    let mut table = Table::default();
    let mut row = |cluster: &str, spec: &str, wanted: &str| {
        let stated = if cluster.is_empty() { String::new() } else { format!("clusterFamilies={cluster}") };
        let found = World::new(&stated, &[&service("", spec)]).ask(|view, service| {
            let families = ServiceFamilies::of(service, view.profile);
            let mut order: Vec<String> =
                families.primary().map(|family| family.to_string()).into_iter().collect();
            order.extend(
                families.first_outside(families.primary().into_iter().collect()).map(|(f, _)| f.to_string()),
            );
            let field = families.field_of(families.primary().unwrap()).unwrap();
            let known = if families.known { "" } else { " supposedly" };
            format!("{}{known} by {}", order.join(","), service.path(field))
        });
        table.row(&format!("{cluster} {spec}"), wanted, &found);
    };
    let (ip4, ip6) = ("'10.96.0.1'", "'fd00::1'");
    row("", "ipFamilies: [IPv4]", "IPv4 by spec.ipFamilies[0]");
    row("", "ipFamilies: [IPv6, IPv4]", "IPv6,IPv4 by spec.ipFamilies[0]");
    row("", &format!("ipFamilies: [IPv4], clusterIPs: [{ip6}]"), "IPv4 by spec.ipFamilies[0]");
    row("", "ipFamilies: [ipv6, IPv4]", "IPv4 by spec.ipFamilies[1]");
    row("", &format!("clusterIPs: [{ip6}, {ip4}], clusterIP: {ip4}"), "IPv6,IPv4 by spec.clusterIPs[0]");
    row("", &format!("ipFamilies: [], clusterIP: {ip6}"), "IPv6 by spec.clusterIP");
    row("", &format!("clusterIP: {ip6}, ipFamilyPolicy: RequireDualStack"), "IPv6 by spec.clusterIP");
    row("", "ipFamilyPolicy: RequireDualStack", "IPv4,IPv6 by spec.ipFamilyPolicy");
    row("IPv6,IPv4", "ipFamilyPolicy: RequireDualStack", "IPv6,IPv4 by spec.ipFamilyPolicy");
    row("", "clusterIP: None, ipFamilyPolicy: RequireDualStack", "IPv4,IPv6 by spec.ipFamilyPolicy");
    // a stated cluster decides what nothing on the Service does; without one IPv4 is assumed
    row("IPv6", "type: ClusterIP", "IPv6 by spec.type");
    row("IPv6,IPv4", "type: ClusterIP, ipFamilyPolicy: PreferDualStack", "IPv6,IPv4 by spec.type");
    row("IPv4", "type: ClusterIP, ipFamilyPolicy: PreferDualStack", "IPv4 by spec.type");
    row(
        "IPv4,IPv6",
        "ipFamilies: [IPv6], ipFamilyPolicy: PreferDualStack",
        "IPv6,IPv4 by spec.ipFamilies[0]",
    );
    row("IPv4,IPv6", "type: ClusterIP", "IPv4 by spec.type");
    row("", "type: ClusterIP", "IPv4 supposedly by spec.type");
    row("", "type: ClusterIP, clusterIP: None", "IPv4 supposedly by spec.type");
    row("IPv6", "type: ClusterIP, clusterIP: ''", "IPv6 by spec.type");
    table.check();
}

#[test]
fn ipv6_is_asked_for_in_so_many_words_or_not() {
    let mut table = Table::default();
    let mut row = |spec: &str, wanted: &str| {
        let found = World::new("ako=1.9.3", &[&service("", spec)]).ask(|view, service| {
            let families = ServiceFamilies::of(service, view.profile);
            let field = ipv6_request_field(service, &families).map(|field| service.path(field).to_string());
            let request = ipv6_request(service, &families).map(|request| format!("{request:?}"));
            request.zip(field).map_or("no".to_owned(), |(request, field)| format!("{request} by {field}"))
        });
        table.row(spec, wanted, &found);
    };
    row("ipFamilies: [IPv4]", "no");
    row("", "no");
    row("ipFamilies: [IPv6]", "Primary by spec.ipFamilies[0]");
    row("ipFamilies: [IPv6, IPv4], ipFamilyPolicy: PreferDualStack", "Primary by spec.ipFamilies[0]");
    row("ipFamilies: [IPv4, IPv6], ipFamilyPolicy: PreferDualStack", "no");
    row(
        "ipFamilies: [IPv4, IPv6], ipFamilyPolicy: RequireDualStack",
        "RequireDualStack by spec.ipFamilies[1]",
    );
    row("ipFamilies: [IPv4], ipFamilyPolicy: RequireDualStack", "RequireDualStack by spec.ipFamilyPolicy");
    row("ipFamilyPolicy: RequireDualStack", "RequireDualStack by spec.ipFamilyPolicy");
    row("ipFamilyPolicy: PreferDualStack", "no");
    row("ipFamilies: [IPv4, IPv6], ipFamilyPolicy: SingleStack", "Listed by spec.ipFamilies[1]");
    row("ipFamilies: [IPv4, IPv6]", "Listed by spec.ipFamilies[1]");
    row("clusterIPs: ['10.96.0.1', 'fd00::1']", "Listed by spec.clusterIPs[1]");
    table.check();
}
