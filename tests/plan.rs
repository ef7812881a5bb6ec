//! What `plan` derives, as people and pipelines meet it: every case of `tests/plans` through the real binary.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

#[path = "check/folder.rs"]
#[allow(dead_code, reason = "each test binary uses its own part")]
mod folder;

use ako_gate::model::Node;
use folder::Folder;
use serde_json::{Value, json};
use support::case::{self, Case};
use support::control_plane::root;
use support::json::value;

fn cases() -> Vec<Case> {
    case::all(&root().join("tests/plans"))
}

/// Whether `found` has all that `expected` names; an empty map names that there is nothing, and so does null.
fn has(found: &Value, expected: &Value) -> bool {
    match expected {
        Value::Object(entries) if !entries.is_empty() => {
            entries.iter().all(|(name, expected)| has(&found[name], expected))
        }
        expected => found == expected,
    }
}

#[test]
fn every_case_gets_its_verdict_and_its_plan() {
    let mut failures = Vec::new();
    for case in cases() {
        let mut differences = case.differences(&case.judge());
        differences.extend(case.differences_of_plan());
        if case.path.file_stem().unwrap() != case.name.as_str() {
            differences.push("not named after its file".to_owned());
        }
        if !differences.is_empty() {
            failures.push(format!("{}: {}", case.path.display(), differences.join("; ")));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_binary_prints_what_every_case_expects() {
    let cases = cases();
    assert!(cases.len() > 15);
    for case in cases {
        let document = Node::root(&case.document);
        let folder = Folder::with(&[]);
        folder.write("document.yaml", value(document.at("object")).to_string());
        let mut arguments = vec!["plan", "--format", "json", "document.yaml"];
        arguments.extend(case.profile.iter().flat_map(|pair| ["--profile", pair]));
        let ran = folder.run(&arguments, "");
        let printed = ran.json();
        let (expected, plan) = (value(document.at("expect").at("derived")), &printed["plans"][0]);
        assert!(has(&plan["derived"], &expected), "{}: {plan}", case.path.display());
        assert_eq!(ran.code, Some(0));
        assert_eq!(plan["source"], json!({"file": "document.yaml", "document": 1}));
        assert!(printed["plans"][1].is_null() && printed["unreadable"] == json!([]), "{printed}");
    }
}

/// A comparison that accepts everything would prove nothing.
#[test]
fn a_wrong_expectation_is_told() {
    let text = std::fs::read_to_string(root().join("tests/plans/kops/private-topology.yaml")).unwrap();
    for (from, to, told) in [
        (
            "abXX".replace("XX", "02"),
            "ab03",
            "subnets.utility-eu-west-1a.ipv6CIDR is 2001:db8:1200:ab02::/64, not",
        ),
        (
            "origin: created".to_owned(),
            "origin: existing",
            "natGateways.eu-west-1a.origin is created, not existing",
        ),
        ("'::/0': igw".to_owned(), "'::/0': null", "routes.utility-eu-west-1a.::/0 is igw, not absent"),
        (
            "      utility-eu-west-1a: {'64".to_owned(),
            "      elsewhere: {'64",
            "routes.elsewhere.64:ff9b::/96 is absent, not none",
        ),
    ] {
        let folder = Folder::with(&[("case.yaml", &text.replace(&from, to))]);
        let ran = folder.run(&["test", "case.yaml"], "");
        assert_eq!(ran.code, Some(1), "{from}");
        assert!(ran.stdout.contains(told), "{told}: {}", ran.stdout);
    }
}

const CLUSTER: &str = "apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata: {name: c}\nspec:\n  cloudProvider: aws\n  \
    nonMasqueradeCIDR: ::/0\n  subnets:\n  - {name: a, type: Private, zone: z, ipv6CIDR: /64#a}\n  \
    - {name: u, type: Utility, zone: z, cidr: 172.20.0.0/21, ipv6CIDR: /64#b}\n";

#[test]
fn people_get_tables() {
    let folder = Folder::with(&[("c.yaml", CLUSTER)]);
    let ran = folder.run(&["plan", "--profile", "vpcIPv6CIDR=2001:db8::/56", "c.yaml"], "");
    let wanted = "\
Cluster c (c.yaml)
  IPv6 ranges are cut from the VPC's range 2001:db8::/56

  SUBNET  TYPE     ZONE  IPV4           IPV6                64:ff9b::/96  ::/0  0.0.0.0/0
  a       Private  z     -              2001:db8:0:a::/64   natgw:z       eigw  natgw:z
  u       Utility  z     172.20.0.0/21  2001:db8:0:b::/64   none          igw   igw

  ZONE  NAT GATEWAY
  z     created in u
";
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!((ran.code, squeezed(&ran.stdout)), (Some(0), squeezed(wanted)), "{}", ran.stdout);
    // a pool that nobody knows yet leaves the number as it is written
    let ran = folder.run(&["plan", "c.yaml"], "");
    assert!(ran.stdout.contains("the /56 that Amazon gives a new VPC"), "{}", ran.stdout);
    assert!(ran.stdout.contains("/64#a"), "{}", ran.stdout);
}

#[test]
fn the_number_of_nodes_is_told() {
    let model =
        r#"{"properties": {"featureFlags": {"enableIPv6DualStack": true}, "orchestratorProfile": {}}}"#;
    let folder = Folder::with(&[("apimodel.json", model)]);
    let ran = folder.run(&["plan", "apimodel.json"], "");
    assert_eq!(ran.code, Some(0));
    assert!(ran.stdout.starts_with("ApiModel apimodel.json (apimodel.json)\n"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("The IPv6 pod range has room for 65536 nodes.\n"), "{}", ran.stdout);
}

#[test]
fn input_without_a_plan_or_without_sense_is_told() {
    let folder = Folder::with(&[
        ("s.yaml", "{apiVersion: v1, kind: Service, metadata: {name: a}}"),
        ("bad.yaml", "a: ["),
    ]);
    let ran = folder.run(&["plan", "s.yaml"], "");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""));
    assert!(ran.stderr.starts_with("nothing to plan"), "{}", ran.stderr);
    folder.write("c.yaml", CLUSTER);
    let ran = folder.run(&["plan", "--format", "json", "c.yaml", "bad.yaml"], "");
    let printed = ran.json();
    assert_eq!(ran.code, Some(2));
    assert_eq!(
        (printed["unreadable"][0]["file"].as_str(), printed["plans"][0]["product"].as_str()),
        (Some("bad.yaml"), Some("kops"))
    );
    assert_eq!(folder.run(&["plan"], "").code, Some(2));
}

const KUBEADM: &str = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.36.0\n\
    networking: {podSubnet: '10.244.0.0/16,fd00:10:244::/56', serviceSubnet: '10.96.0.0/16,fd00:10:96::/112'}\n";

/// kubernetes.md C19: a remark, never a finding.
#[test]
fn pods_that_do_not_get_out_are_remarked_on() {
    let remarks = |files: &[(&str, &str)]| -> Vec<String> {
        let folder = Folder::with(files);
        let ran = folder.run(&["plan", "--format", "json", "."], "");
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let json = ran.json();
        json["remarks"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let pod = |image: &str, env: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a, namespace: kube-system}}\nspec:\n  containers:\n  \
             - {{name: a, image: '{image}', env: [{env}]}}\n"
        )
    };
    let calico = |value: &str| {
        pod(
            "docker.io/calico/node:v3.32.0",
            &format!("{{name: CALICO_IPV6POOL_NAT_OUTGOING, value: '{value}'}}"),
        )
    };
    let told = remarks(&[("cluster.yaml", KUBEADM)]);
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with("Pods of fd00:10:244::/56 reach nothing outside the cluster over IPv6 unless"),
        "{told:?}"
    );
    let node = "apiVersion: v1\nkind: Node\nmetadata: {name: n}\nspec: {podCIDRs: [10.244.1.0/24, 'fd00:10:244:1::/64']}\n";
    let another = node.replace("name: n", "name: m").replace(":1::", ":2::");
    let told = remarks(&[("n.yaml", node), ("m.yaml", &another)]);
    assert!(told[0].starts_with("Pods of fd00:10:244:1::/64 and 1 more reach nothing"), "{told:?}");
    for pod in [calico("false"), pod("registry.example.com/web:1", "")] {
        assert_eq!(remarks(&[("cluster.yaml", KUBEADM), ("pod.yaml", &pod)]).len(), 1, "{pod}");
    }
    let cilium = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cilium-config, namespace: kube-system}\n\
                  data: {enable-ipv6-masquerade: 'false'}\n";
    assert_eq!(remarks(&[("cluster.yaml", KUBEADM), ("cilium.yaml", cilium)]).len(), 1);
    // something masquerades, or nothing needs it
    for pod in [
        calico("true"),
        pod("registry.k8s.io/networking/ip-masq-agent:v2.13.0", ""),
        pod("quay.io/cilium/cilium:v1.18.0", ""),
        pod("docker.io/antrea/antrea-agent-ubuntu:v2.5.0", ""),
        pod("docker.io/kindest/kindnetd:v20260101", ""),
        cilium.replace("'false'", "'true'"),
        "AKOSettings: {cniPlugin: antrea}\n".to_owned(),
    ] {
        assert_eq!(remarks(&[("cluster.yaml", KUBEADM), ("pod.yaml", &pod)]), [""; 0], "{pod}");
    }
    for range in ["2001:db8:244::/56", "fe00::/56"] {
        assert_eq!(
            remarks(&[("cluster.yaml", &KUBEADM.replace("fd00:10:244::/56", range))]),
            [""; 0],
            "{range}"
        );
    }
    // people and pages are told as well, and check is silent
    let folder = Folder::with(&[("cluster.yaml", KUBEADM)]);
    let human = folder.run(&["plan", "cluster.yaml"], "");
    assert!(human.stdout.starts_with("Remarks\n  Pods of fd00:10:244::/56 reach"), "{human:?}");
    let page = folder.run(&["plan", "--format", "html", "cluster.yaml"], "");
    assert!(page.stdout.contains("<li>Pods of fd00:10:244::/56 reach nothing"), "{page:?}");
    let checked = folder.run(&["check", "--format", "json", "cluster.yaml"], "").json();
    assert_eq!(checked["findings"], json!([]));
}
