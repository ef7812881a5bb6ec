//! `plan` of AKO and `what-if`, as people and pipelines meet them: the real binary on the files of
//! `tests/examples/plan`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

#[path = "check/folder.rs"]
#[allow(dead_code, reason = "each test binary uses its own part")]
mod folder;

#[path = "what_if/unknown.rs"]
mod unknown;

#[path = "what_if/upgrade_path.rs"]
mod upgrade_path;

use std::fs;

use folder::{Folder, Ran};
use serde_json::{Value, json};
use support::control_plane::root;

const PROFILE: [&str; 4] = ["--profile", "ako=1.11.5", "--profile", "akoCloud=CLOUD_VCENTER"];
const FILES: [&str; 2] = ["values.yaml", "cluster.yaml"];

fn folder() -> Folder {
    let folder = Folder::with(&[]);
    for file in FILES {
        folder.write(file, fs::read(root().join("tests/examples/plan").join(file)).unwrap());
    }
    folder
}

fn run(arguments: &[&str]) -> Ran {
    let (command, rest) = arguments.split_first().unwrap();
    let arguments: Vec<&str> = [*command].into_iter().chain(PROFILE).chain(rest.iter().copied()).collect();
    folder().run(&arguments, "")
}

fn of_example(command: &str, arguments: &[&str]) -> Ran {
    run(&[command].into_iter().chain(arguments.iter().copied()).chain(FILES).collect::<Vec<_>>())
}

/// What the README shows of `command`, without its first line.
fn in_readme(command: &str) -> String {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme.split_once(&format!("$ {command}\n")).unwrap();
    rest.split("```").next().unwrap().to_owned()
}

#[test]
fn the_readme_shows_what_is_printed() {
    let profile = PROFILE.join(" ");
    let plan = of_example("plan", &["--service", "shop/api"]);
    assert_eq!(
        in_readme(&format!("ako-gate plan {profile} --service shop/api tests/examples/plan")),
        plan.stdout
    );
    let change = of_example("what-if", &["--to", "serviceType=NodePort"]);
    assert_eq!(
        in_readme(&format!("ako-gate what-if {profile} --to serviceType=NodePort tests/examples/plan")),
        change.stdout
    );
}

/// `AKO_GATE_BLESS=1 cargo test --test what_if` draws it anew.
#[test]
fn the_readme_shows_the_picture_that_is_drawn() {
    let ran = of_example("plan", &["--format", "svg"]);
    let path = root().join("tests/examples/plan/plan.svg");
    if std::env::var("AKO_GATE_BLESS").is_ok_and(|value| value == "1") {
        fs::write(&path, &ran.stdout).unwrap();
    }
    assert!(fs::read_to_string(path).unwrap() == ran.stdout, "the picture is out of date");
}

#[test]
fn the_tree_has_everything_in_its_place() {
    let ran = of_example("plan", &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let at = |wanted: &str| {
        let found = lines.iter().position(|line| line.contains(wanted));
        found.unwrap_or_else(|| panic!("{wanted} is not in\n{}", ran.stdout))
    };
    let ingress = at("Ingress shop/front");
    assert!(ingress < at("virtual service demo--Shared-L7-0"));
    assert!(
        at("VIP v4+v6 (V4_V6) of frontend: 192.0.2.0/24, 2001:db8:64::/64") < at("shop/web: 2 servers, v6")
    );
    assert!(at("v6 [fd00:10:244:2::21]:8080  on worker-2  NO ROUTE") < at("shop/api: EMPTY"));
    assert!(at("ako/backend-outside-pool-family") < at("Service shop/dns"));
    assert!(at("ako/ipv6-vip-on-load-balancer") < at("worker-2 (10.10.0.12)"));
    at("  x  every range: the node has no IPv6 address that AKO reads");
}

#[test]
fn the_json_has_the_plan_and_the_findings() {
    let json = of_example("plan", &["--format", "json"]).json();
    assert_eq!(json["configAccepted"], true);
    assert_eq!(json["ipFamilyEffective"], "V6");
    assert_eq!(json["virtualServices"].as_array().unwrap().len(), 2);
    assert_eq!(json["pools"][0]["servers"][0]["address"], "fd00:10:244:1::53");
    assert_eq!(json["staticRoutes"][0]["nextHop"], "2001:db8:10::11");
    let rules: Vec<&str> =
        json["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect();
    assert!(rules.contains(&"ako/ipv6-vip-on-load-balancer"), "{rules:?}");
}

#[test]
fn the_picture_is_well_formed_and_escapes_names() {
    let folder = folder();
    let evil = fs::read_to_string(root().join("tests/examples/plan/cluster.yaml")).unwrap();
    folder.write("cluster.yaml", evil.replace("host: shop.example.com", "host: \"<script>&'\\\"\""));
    let arguments: Vec<&str> = ["plan", "--format", "svg"].into_iter().chain(PROFILE).chain(FILES).collect();
    let ran = folder.run(&arguments, "");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.starts_with("<svg ") && ran.stdout.ends_with("</svg>\n"));
    assert!(ran.stdout.contains("&lt;script&gt;&amp;&#39;&quot;") && !ran.stdout.contains("<script"));
    assert!(
        ran.stdout.contains("no server") && ran.stdout.contains("<circle") && ran.stdout.contains("<path d")
    );
}

#[test]
fn the_picture_tells_what_takes_no_traffic_and_what_is_assumed() {
    let folder = folder();
    folder.write("cluster.yaml", folder.read("cluster.yaml").replace("ready: true", "ready: false"));
    let draw =
        |profile: &[&str]| folder.run(&[&["plan", "--format", "svg"], profile, &FILES].concat(), "").stdout;
    let drawn = draw(&["--profile", "ako=2.1.1", "--profile", "akoCloud=CLOUD_VCENTER"]);
    assert!(drawn.contains(">[fd00:10:244:1::21]:8080 disabled<"), "{drawn}");
    assert!(drawn.contains(">AKO 2.1.1 on CLOUD_VCENTER, ipFamily V6<"), "{drawn}");
    assert!(draw(&[]).contains(">AKO 1.11.5 (assumed) on CLOUD_VCENTER (assumed), ipFamily V6<"));
}

#[test]
fn a_plan_too_large_to_draw_is_counted() {
    let folder = folder();
    let service = |number: usize| {
        format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{number}, namespace: shop}}\nspec: {{type: LoadBalancer, \
             ports: [{{port: 80}}]}}\n"
        )
    };
    folder.write("many.yaml", (0..1000).map(service).collect::<String>());
    let arguments: Vec<&str> =
        ["plan", "--format", "svg", "many.yaml"].into_iter().chain(PROFILE).chain(FILES).collect();
    let ran = folder.run(&arguments, "");
    assert!(
        ran.stdout.contains("Pools without a server") && ran.stdout.len() < 20_000,
        "{}",
        ran.stdout.len()
    );
}

#[test]
fn a_thousand_paths_to_a_thousand_endpoints_are_counted() {
    let folder = folder();
    let path =
        |n| format!("      - {{path: /p{n}, backend: {{service: {{name: wide, port: {{number: 80}}}}}}}}\n");
    let endpoint = |n| {
        format!("- {{addresses: ['2001:db8::{n:x}'], nodeName: worker-1, conditions: {{ready: true}}}}\n")
    };
    let (paths, endpoints): (Vec<String>, Vec<String>) = (0..1000).map(|n| (path(n), endpoint(n))).unzip();
    let (paths, endpoints) = (paths.concat(), endpoints.concat());
    let wide = format!(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: wide, namespace: shop}}\nspec:\n  \
         ingressClassName: avi-lb\n  rules:\n  - host: wide.example.com\n    http:\n      paths:\n{paths}---\n\
         apiVersion: v1\nkind: Service\nmetadata: {{name: wide, namespace: shop}}\n\
         spec: {{ipFamilies: [IPv6], ports: [{{port: 80}}]}}\n---\n\
         apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: wide-1, namespace: shop, \
         labels: {{kubernetes.io/service-name: wide}}}}\naddressType: IPv6\nports: [{{port: 8080}}]\nendpoints:\n{endpoints}"
    );
    folder.write("wide.yaml", wide);
    for (format, longest) in [("human", 100_000), ("svg", 20_000), ("html", 3_000_000)] {
        let arguments = ["plan", "--format", format, "--profile", "ako=2.1.1", "wide.yaml"].into_iter();
        let ran = folder.run(&arguments.chain(FILES).collect::<Vec<_>>(), "");
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(ran.stdout.len() < longest, "{format}: {}", ran.stdout.len());
        if format == "human" {
            assert!(ran.stdout.contains("\n    ... and 980 more servers\n"), "{}", ran.stdout);
            assert!(ran.stdout.contains("\n  ... and 950 more pools\n"), "{}", ran.stdout);
        }
    }
    // as many of each pool as there is room for, and how many more it has
    let pools = |arguments: &[&str], path: &str| -> Vec<Value> {
        let profile = ["--format", "json", "--profile", "ako=2.1.1", "wide.yaml"];
        let ran = folder.run(&[arguments, &profile, &FILES].concat(), "");
        assert!(ran.stdout.len() < 70_000_000, "{}", ran.stdout.len());
        let pools = ran.json()["pools"].as_array().unwrap().clone();
        pools.into_iter().map(|mut pool| pool.pointer_mut(path).unwrap().take()).collect()
    };
    let of_plan = pools(&["plan"], "");
    let of_change = pools(&["what-if", "--to", "serviceType=NodePort"], "/before");
    for (pools, room) in [(of_plan, 249), (of_change, 124)] {
        assert!(pools.len() >= 1000, "{}", pools.len());
        for pool in pools.iter().filter(|pool| pool["service"] == "shop/wide") {
            assert_eq!(
                (pool["servers"].as_array().unwrap().len(), &pool["moreServers"]),
                (room, &json!(1000 - room))
            );
        }
        let others = pools.iter().filter(|pool| pool["service"] != "shop/wide");
        assert!(others.clone().all(|pool| pool["moreServers"].is_null()), "{others:?}");
    }
}

#[test]
fn garbage_for_addresses_is_left_out_and_said() {
    let folder = folder();
    let cluster = folder
        .read("cluster.yaml")
        .replace("fd00:10:244:1::21", "no-address")
        .replace("10.10.0.11", "10.0.0.256");
    folder.write("cluster.yaml", cluster);
    let arguments = ["plan", "--profile", "ako=2.1.1"].into_iter().chain(FILES);
    let ran = folder.run(&arguments.collect::<Vec<_>>(), "");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("x  no-address: it is no address"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("10.0.0.256"), "{}", ran.stdout);
}

#[test]
fn what_gets_worse_ends_with_1() {
    let ran = of_example("what-if", &["--to", "serviceType=NodePort"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.starts_with("serviceType=NodePort: worse: "), "{}", ran.stdout);
    let ran = of_example("what-if", &["--to", "ako=2.1.1"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.starts_with("ako=2.1.1: nothing gets worse: "), "{}", ran.stdout);
    assert!(ran.stdout.contains("l4-ipv6-vip: no at ako 1.11.5"), "{}", ran.stdout);
}

#[test]
fn a_change_to_what_is_changes_nothing() {
    for to in [["--to", "ako=1.11.5"], ["--to", "ipFamily=V6"], ["--to", "akoCloud=CLOUD_VCENTER"]] {
        let ran = of_example("what-if", &to);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), &*format!("{}: nothing changes\n", to[1])));
    }
}

#[test]
fn the_json_of_a_change_has_both_sides() {
    let json = of_example("what-if", &["--format", "json", "--to", "ipFamily=v6"]).json();
    assert_eq!(json["ako"]["before"]["configAccepted"], true);
    assert_eq!(json["ako"]["after"]["rejectedBecause"], "ipFamilyValue");
    assert!(json["verdict"].as_str().unwrap().contains("AKO does not start"), "{}", json["verdict"]);
    assert_eq!(json["pools"].as_array().unwrap().len(), 3);
    assert_eq!(json["pools"][0]["change"], "vanishes");
    assert_eq!(json["findings"]["appear"][0]["rule"], "ako/unknown-ip-family");
}

/// The example under another release.
fn at(release: &str, arguments: &[&str]) -> Ran {
    let release = format!("ako={release}");
    let rest = ["--profile", &release, PROFILE[2], PROFILE[3], FILES[0], FILES[1]];
    folder().run(&arguments.iter().copied().chain(rest).collect::<Vec<_>>(), "")
}

#[test]
fn a_list_of_networks_can_be_tried_out() {
    let to = r#"vipNetworkList=[{"networkName":"frontend","cidr":"192.0.2.0/24"}]"#;
    let ran = of_example("what-if", &["--to", to]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("2 VIPs lose a family"), "{}", ran.stdout);
}

#[test]
fn bad_usage_ends_with_2() {
    let ended = |arguments: &[&str], wanted: &str| {
        let ran = run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
        assert!(ran.stderr.contains(wanted), "{wanted}: {}", ran.stderr);
    };
    ended(&["what-if", "values.yaml"], "--to <KEY=VALUE>");
    ended(&["what-if", "--to", "ipFamily", "values.yaml"], "KEY=VALUE");
    ended(&["what-if", "--upgrade-path", "--to", "ipFamily=V6", "values.yaml"], "cannot be used with");
    ended(&["what-if", "--to", "colour=red", "values.yaml"], "unknown key \"colour\"");
    ended(&["what-if", "--to", "ako=new", "values.yaml"], "is no value for ako");
    ended(&["what-if", "--to", "vipNetworkList=net1", "values.yaml"], "a JSON list of networks");
    ended(&["what-if", "--to", "serviceType=Nodeport", "values.yaml"], "one of ClusterIP, NodePort");
    ended(
        &["what-if", "--to", "ako=1.12.1", "--to", "ako=2.1.1", "values.yaml"],
        "ako is to be 1.12.1 already",
    );
    ended(
        &["what-if", "--to", "ipFamily=V4", "--to", "ipFamily=V6", "values.yaml"],
        "ipFamily is to be V4 already",
    );
    ended(&["what-if", "--to", "ipFamily=V6", "cluster.yaml"], "no configuration of AKO");
    ended(&["plan", "--service", "web", "values.yaml"], "NAMESPACE/NAME");
    ended(&["plan", "--service", "shop/none", "values.yaml"], "no such Service");
    ended(&["plan", "--format", "svg", "cluster.yaml"], "its configuration is not among the inputs");
}

#[test]
fn what_is_not_given_is_said_and_not_made_up() {
    let ran = run(&["plan", "values.yaml"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for needed in [
        "needs Node objects: pass a file that holds them; no static route is known",
        "needs Service objects: pass a file that holds them; nothing that AKO could serve is known",
    ] {
        assert!(ran.stdout.contains(needed), "{}", ran.stdout);
    }
    let folder = folder();
    let cluster = folder.read("cluster.yaml");
    let without: Vec<&str> = cluster.split("---\n").filter(|d| !d.contains("kind: Endpoints\n")).collect();
    folder.write("cluster.yaml", without.join("---\n"));
    let arguments: Vec<&str> = ["plan"].into_iter().chain(PROFILE).chain(FILES).collect();
    let ran = folder.run(&arguments, "");
    assert!(
        ran.stdout.contains("servers unknown\n    ? needs Endpoints objects: pass a file"),
        "{}",
        ran.stdout
    );
    let ran = run(&["plan", "cluster.yaml"]);
    assert!(ran.stderr.contains("no configuration of AKO"), "{ran:?}");
}

#[test]
fn a_node_port_that_nobody_has_chosen_is_no_number() {
    let ran = at("2.1.1", &["what-if", "--to", "serviceType=NodePort"]);
    assert!(ran.stdout.contains(" -> 2001:db8:10::11 port ?\n"), "{}", ran.stdout);
    for (format, place) in [("human", " [2001:db8:10::11]:?"), ("svg", ">[2001:db8:10::11]:?<")] {
        let folder = folder();
        let values = folder.read("values.yaml").replace("serviceType: ClusterIP", "serviceType: NodePort");
        folder.write("values.yaml", values);
        let ran =
            folder.run(&[&["plan", "--profile", "ako=2.1.1", "--format", format], &FILES[..]].concat(), "");
        assert!(ran.stdout.contains(place), "{}", ran.stdout);
    }
}

#[test]
fn the_same_change_twice_is_one() {
    let ran = of_example("what-if", &["--to", "ako=2.1.1", "--to", "ako=2.1.1"]);
    assert!(ran.stdout.starts_with("ako=2.1.1: "), "{}", ran.stdout);
}
