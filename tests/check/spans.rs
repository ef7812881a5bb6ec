//! In whatever style a file is written, the place printed is that of the scalar blamed.

use proptest::collection::vec;
use proptest::prelude::*;

use super::folder::Folder;
use super::writer::{Tree, Writer, Written, marked};

fn text(text: &str) -> Tree {
    Tree::Text(text.to_owned())
}

fn map<const N: usize>(entries: [(&str, Tree); N]) -> Tree {
    Tree::Map(entries.map(|(key, value)| (key.to_owned(), value)).into())
}

/// A Service with this family, such as one that AKO 1.9.3 cannot serve.
pub(super) fn service(family: &str) -> Tree {
    let metadata = map([
        ("name", text("wéb")),
        ("namespace", text("shop")),
        ("annotations", map([("example.com/日本", text("it's: \"ü\" # IPv6"))])),
    ]);
    let port = map([("name", text("http")), ("port", text("80"))]);
    let spec = map([
        ("selector", map([("app", text("IPv6"))])),
        ("ipFamilies", Tree::List(vec![Tree::Marked(family.to_owned())])),
        ("type", text("LoadBalancer")),
        ("ports", Tree::List(vec![port.clone(), port])),
    ]);
    map([("apiVersion", text("v1")), ("kind", text("Service")), ("metadata", metadata), ("spec", spec)])
}

fn config_map(data: Tree) -> Tree {
    let metadata = map([("name", text("avi-k8s-config")), ("namespace", text("avi-system"))]);
    map([("apiVersion", text("v1")), ("kind", text("ConfigMap")), ("metadata", metadata), ("data", data)])
}

/// AKO's configuration with this family, such as one that does not exist.
pub(super) fn family(family: &str) -> Tree {
    config_map(map([
        ("cniPlugin", text("calico")),
        ("ipFamily", Tree::Marked(family.to_owned())),
        ("x", text("V9")),
    ]))
}

/// AKO's configuration with this network, such as one that does not exist, inside a string.
pub(super) fn network(network: &str) -> Tree {
    let cidr = marked(&format!("\"{network}\""));
    let list = format!("[{{\"networkName\":\"it's ü\",\"cidr\":{cidr}}},{{\"networkName\":\"b\"}}]");
    config_map(map([("vipNetworkList", Tree::Json(list)), ("ipFamily", text("V4"))]))
}

/// The place of the finding of `rule`, as `check` prints it.
fn place_of(rule: &str, written: &Written) -> Option<(usize, usize, usize, usize)> {
    let known = [
        "check",
        "-q",
        "--profile",
        "ako=1.9.3",
        "--profile",
        "akoCloud=CLOUD_VCENTER",
        "--format",
        "json",
        "-",
    ];
    let ran = Folder::with(&[]).run(&known, &written.text);
    let json = ran.json();
    let finding = json["findings"].as_array()?.iter().find(|finding| finding["rule"] == rule)?;
    let number = |key: &str| finding["source"][key].as_u64().and_then(|number| usize::try_from(number).ok());
    Some((number("line")?, number("column")?, number("endLine")?, number("endColumn")?))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_place_is_that_of_the_scalar(tape in vec(any::<u8>(), 0..300), which in 0..3_usize) {
        let (rule, tree) = match which {
            0 => ("ako/ipv6-vip-on-load-balancer", service("IPv6")),
            1 => ("ako/unknown-ip-family", family("V9")),
            _ => ("ako/malformed-vip-network", network("10.0.0.0/33")),
        };
        let written = Writer::write(&tape, &tree);
        prop_assert_eq!(place_of(rule, &written), Some(written.place), "\n{}", written.text);
    }
}
