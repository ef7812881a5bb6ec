//! The families of pool servers (4.1) and what fills pools (4.8).

use ako_gate::facts::service::ServiceFamilies;
use ako_gate::model::{Families, Kind};

use super::world::{Table, World, config, service, words};

const LB: &str = "type: LoadBalancer";
const IPV6_CLOUDS: &[&str] = &["CLOUD_VCENTER", "CLOUD_NSXT", "CLOUD_NONE"];
const OTHER_CLOUDS: &[&str] = &["CLOUD_AWS", "CLOUD_AZURE", "CLOUD_GCP", "CLOUD_OPENSTACK"];

/// What `ipFamily` is set to; the first is no key at all, those after `V4_V6` are no values of it.
const VALUES: [&str; 10] = ["(none)", "", "V4", "V6", "V4_V6", "v6", "v4_v6", "V6_V4", "IPv6", "V6 "];

fn short(families: Families) -> &'static str {
    match (families.v4, families.v6) {
        (true, true) => "46",
        (true, false) => "4",
        (false, true) => "6",
        (false, false) => "-",
    }
}

fn effective(world: &World) -> String {
    words(world.ask(|view, _| view.effective_families().map(short))).replace("unknown", "?")
}

/// One answer for each of [`VALUES`].
fn answers(release: &str, cloud: &str) -> String {
    let stated = format!("ako={release}{}", if cloud.is_empty() { "" } else { " akoCloud=" }) + cloud;
    let answers = VALUES.iter().map(|value| {
        let data = if *value == "(none)" { String::new() } else { format!("ipFamily: '{value}'") };
        effective(&World::new(&stated, &[&config(&data)]))
    });
    answers.collect::<Vec<_>>().join(" ")
}

#[test]
fn families_follow_release_cloud_and_setting() {
    let all_v4 = "4 4 4 4 4 4 4 4 4 4";
    // up to 1.11.5 only V6 makes a difference, and only on vCenter
    let layer7 = "4 4 4 6 4 4 4 4 4 4";
    let dual = "46 46 4 6 46 46 46 46 46 46";
    let mut table = Table::default();
    let mut row = |release: &str, clouds: &[&str], wanted: &str| {
        for cloud in clouds {
            table.row(&format!("{release} on {cloud:?}"), wanted, &answers(release, cloud));
        }
    };
    for release in ["1.7.2", "1.8.0"] {
        row(release, IPV6_CLOUDS, all_v4);
        row(release, OTHER_CLOUDS, all_v4);
        row(release, &[""], all_v4);
    }
    for release in ["1.8.1", "1.8.2", "1.9.1", "1.9.3", "1.10.5", "1.11.5"] {
        row(release, &["CLOUD_VCENTER"], layer7);
        row(release, &["CLOUD_NSXT", "CLOUD_NONE"], all_v4);
        row(release, OTHER_CLOUDS, all_v4);
        row(release, &[""], "4 4 4 ? 4 4 4 4 4 4");
    }
    for release in ["1.12.1", "1.12.3", "1.13.1", "1.13.4", "1.14.1", "2.1.1", "3.0.0"] {
        row(release, IPV6_CLOUDS, dual);
        row(release, OTHER_CLOUDS, all_v4);
        row(release, &[""], "? ? 4 ? ? ? ? ? ? ?");
    }
    table.check();
}

#[test]
fn every_form_of_configuration_is_read() {
    let akoconfig = |family: &str| {
        format!(
            "{{apiVersion: ako.vmware.com/v1alpha1, kind: AKOConfig, metadata: {{name: ako, namespace: operator}}, \
             spec: {{akoSettings: {{ipFamily: {family}}}}}}}"
        )
    };
    let values = |family: &str| format!("AKOSettings: {{ipFamily: {family}}}");
    let elsewhere = config("ipFamily: V6").replace("avi-system", "default");
    let mut table = Table::default();
    let mut row = |texts: &[&str], without: &[Kind], wanted: &str| {
        let mut texts = texts.to_vec();
        let service = service("", LB);
        texts.insert(0, &service);
        let world = World::new("ako=1.11.5 akoCloud=CLOUD_VCENTER", &texts).without(without);
        table.row(&format!("{texts:?} without {without:?}"), wanted, &effective(&world));
    };
    row(&[], &[], "4");
    row(&[&config("ipFamily: V6")], &[], "6");
    row(&[&akoconfig("V6")], &[], "6");
    row(&[&values("V6")], &[], "6");
    // what runs comes before what it is made from
    row(&[&config("ipFamily: V6"), &akoconfig("V4"), &values("V4")], &[], "6");
    row(&[&elsewhere], &[], "4");
    // nobody looked: there may be a configuration
    row(&[], &[Kind::ConfigMap], "?");
    row(&[], &[Kind::AKOConfig], "?");
    row(&[&akoconfig("V6")], &[Kind::ConfigMap], "6");
    table.check();
}

#[test]
fn pools_are_filled_from_what_release_and_mode_say() {
    let off = "enableEndpointSlice: 'false'";
    let on = "enableEndpointSlice: 'true'";
    let nonsense = "enableEndpointSlice: 'no'";
    let (node_port, local) = ("serviceType: NodePort", "serviceType: NodePortLocal");
    let mut table = Table::default();
    let mut row = |release: &str, data: &str, wanted: &str| {
        let stated = format!("ako={release} akoCloud=CLOUD_VCENTER");
        let world = World::new(&stated, &[&config(data)]);
        let source = world.ask(|view, _| view.pool_source().map(|source| format!("{source:?}")));
        table.row(&format!("{release} {data}"), wanted, &words(source));
    };
    for release in ["1.8.2", "1.9.3", "1.11.5", "1.12.1", "1.12.3"] {
        row(release, "", "Endpoints");
        row(release, on, "Endpoints");
        row(release, "serviceType: nodeport", "Endpoints");
        row(release, node_port, "Nodes");
        row(release, local, "PodAnnotations");
    }
    for release in ["1.13.1", "1.13.4"] {
        row(release, "", "EndpointSlices");
        row(release, on, "EndpointSlices");
        row(release, nonsense, "EndpointSlices");
        row(release, off, "Endpoints");
        row(release, node_port, "Nodes");
        row(release, local, "PodAnnotations");
        row(release, &format!("{local}, {off}"), "PodAnnotations");
    }
    for release in ["1.14.1", "2.1.1", "3.0.0"] {
        row(release, "", "EndpointSlices");
        row(release, off, "EndpointSlices");
        row(release, node_port, "Nodes");
        row(release, local, "PodAnnotations");
    }
    table.check();
}

#[test]
fn endpoints_carry_the_first_family_only() {
    let (v4, v6) = ("ipFamilies: [IPv4]", "ipFamilies: [IPv6]");
    let (v4_first, v6_first) = ("ipFamilies: [IPv4, IPv6]", "ipFamilies: [IPv6, IPv4]");
    let mut table = Table::default();
    let mut row = |release: &str, data: &str, families: &str, wanted: &str| {
        let stated = format!("ako={release} akoCloud=CLOUD_VCENTER");
        let world = World::new(&stated, &[&service("", families), &config(data)]);
        let found = world.ask(|view, service| {
            let families = ServiceFamilies::of(service, view.profile);
            let (offered, pool) = (view.offered_families(&families), view.pool_families(&families));
            format!("{} -> {}", words(offered.map(short)), words(pool.map(short)))
        });
        table.row(&format!("{release} {data} {families}"), wanted, &found);
    };
    row("1.9.3", "ipFamily: V6", v4_first, "4 -> -");
    row("1.9.3", "ipFamily: V6", v6_first, "6 -> 6");
    row("1.9.3", "", v6, "6 -> -");
    row("1.9.3", "ipFamily: V6, serviceType: NodePort", v4_first, "46 -> 6");
    row("1.9.3", "ipFamily: V6, serviceType: NodePort", v4, "4 -> -");
    row("1.12.1", "", v4_first, "4 -> 4");
    row("1.12.1", "", v6_first, "6 -> 6");
    row("1.13.4", "", v4_first, "46 -> 46");
    row("1.13.4", "enableEndpointSlice: 'false'", v4_first, "4 -> 4");
    row("2.1.1", "ipFamily: V6", v4_first, "46 -> 6");
    row("2.1.1", "ipFamily: V6", v4, "4 -> -");
    table.check();
}
