//! What is read, and where things stand in it.

use std::os::unix::fs::symlink;

use super::folder::{CONFIG, FAULTY, Folder, RULE, clean};

#[test]
fn reads_standard_input() {
    let folder = Folder::with(&[]);
    let arguments = ["check", "--profile", "ako=1.9.3", "--format", "json", "-"];
    let ran = folder.run(&arguments, FAULTY);
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.places(), [format!("<stdin>:6:16-6:20 {RULE}")]);
}

#[test]
fn reads_folders_as_people_mean_them() {
    let folder = Folder::with(&[
        ("b/web.yml", FAULTY),
        (
            "b/web.json",
            "{\"kind\": \"Service\",\n \"apiVersion\": \"v1\", \"spec\": {\"type\": \"LoadBalancer\", \"ipFamilies\": [\"IPv6\"]}}",
        ),
        ("a/deep/er/web.yaml", FAULTY),
        ("a/notes.txt", FAULTY),
        ("a/ignored.yaml", FAULTY),
        ("a/.gitignore", "ignored.yaml\nrendered/\n"),
        ("a/rendered/web.yaml", FAULTY),
        ("a/.hidden/web.yaml", FAULTY),
        ("elsewhere.yaml", FAULTY),
    ]);
    symlink("../../elsewhere.yaml", folder.path("a/deep/link.yaml")).unwrap();
    // neither a loop nor a second look at the same folder
    symlink("..", folder.path("a/deep/up")).unwrap();
    symlink("../a", folder.path("b/again.yaml")).unwrap();
    let ran = folder.check_json(&["a", "b"]);
    let wanted = [
        "a/deep/er/web.yaml:6:16-6:20",
        "a/deep/link.yaml:6:16-6:20",
        "b/web.json:2:70-2:76",
        "b/web.yml:6:16-6:20",
    ];
    assert_eq!(ran.places(), wanted.map(|place| format!("{place} {RULE}")));
    assert_eq!(ran.code, Some(1), "{ran:?}");
}

#[test]
fn counts_documents_and_lines_of_the_whole_file() {
    let list = format!("kind: List\napiVersion: v1\nitems:\n{}", indented(&[&clean(), FAULTY]));
    let text = format!("# first\n---\n{CONFIG}---\n# nothing\n---\n{FAULTY}---\n{list}");
    let folder = Folder::with(&[("all.yaml", &text)]);
    let ran = folder.check_json(&["all.yaml"]);
    let start = |part: &str, count: usize| {
        let (at, _) = text.match_indices(part).nth(count).unwrap();
        text[..at].matches('\n').count() + 1
    };
    let (first, second) = (start("IPv6", 0), start("IPv6", 1));
    let wanted = [format!("all.yaml:{first}:16-{first}:20"), format!("all.yaml:{second}:18-{second}:22")];
    assert_eq!(ran.places(), wanted.map(|place| format!("{place} {RULE}")));
    let documents: Vec<_> =
        ran.json()["findings"].as_array().unwrap().iter().map(|f| f["source"]["document"].clone()).collect();
    assert_eq!(documents, [2, 3], "documents that hold nothing do not count");
}

/// `kubectl get --raw` prints what the API server does.
#[test]
fn items_of_a_list_of_the_api_server_are_what_the_list_says() {
    let item =
        "{\"metadata\":{\"name\":\"web\"},\n \"spec\":{\"type\":\"LoadBalancer\",\"ipFamilies\":[\"IPv6\"]}}";
    let list =
        format!("{{\"kind\":\"ServiceList\",\"apiVersion\":\"v1\",\"metadata\":{{}},\"items\":[\n{item}]}}");
    let folder = Folder::with(&[("services.json", &list)]);
    let ran = folder.check_json(&["services.json"]);
    assert_eq!(ran.places(), [format!("services.json:3:46-3:52 {RULE}")]);
    let object = &ran.json()["findings"][0]["object"];
    assert_eq!((object["apiVersion"].as_str(), object["name"].as_str()), (Some("v1"), Some("web")));
}

fn indented(objects: &[&str]) -> String {
    let item = |object: &&str| {
        let mut lines: Vec<String> = object.lines().map(|line| format!("  {line}")).collect();
        lines[0].replace_range(0..1, "-");
        lines.join("\n") + "\n"
    };
    objects.iter().map(item).collect()
}

#[test]
fn finds_places_inside_the_json_of_the_config_map() {
    let lists = [
        ("'[{\"networkName\":\"ü\",\"cidr\":\"10.0.0.0/33\"}]'", 1),
        ("\"[{\\\"networkName\\\":\\\"\\u00fc\\\",\\\"cidr\\\":\\\"10.0.0.0/33\\\"}]\"", 1),
        ("|\n    [\n      {\"networkName\": \"ü\",\n       \"cidr\": \"10.0.0.0/33\"}\n    ]", 3),
    ];
    for (list, line) in lists {
        let text = format!("{CONFIG}  vipNetworkList: {list}\n");
        let folder = Folder::with(&[("config.yaml", &text)]);
        let ran = folder.check_json(&["config.yaml"]);
        let written = text.lines().find(|line| line.contains("/33")).unwrap();
        let quote = if line == 1 && list.starts_with('"') { "\\\"" } else { "\"" };
        let value = format!("{quote}10.0.0.0/33{quote}");
        let column = written[..written.find(&value).unwrap()].chars().count() + 1;
        let (line, end) = (if line == 1 { 7 } else { 10 }, column + value.len());
        let wanted = format!("config.yaml:{line}:{column}-{line}:{end} ako/malformed-vip-network");
        assert!(ran.places().contains(&wanted), "{wanted} is not in {:?}", ran.places());
        let fields: Vec<_> =
            ran.json()["findings"].as_array().unwrap().iter().map(|f| f["field"].clone()).collect();
        assert!(fields.contains(&"data.vipNetworkList[0].cidr".into()), "{fields:?}");
    }
}

#[test]
fn documents_without_a_kind_are_known_by_shape_or_by_name() {
    let values = "AKOSettings:\n  ipFamily: V9\n";
    let folder = Folder::with(&[("values.yaml", values), ("other.yaml", "featureGates: {}\n")]);
    let ran = folder.check_json(&["values.yaml"]);
    let object = &ran.json()["findings"][0]["object"];
    assert_eq!(
        (object["kind"].as_str(), object["name"].as_str(), object["apiVersion"].as_str()),
        (Some("HelmValues"), Some("values.yaml"), Some(""))
    );
    assert_eq!(folder.check_json(&["other.yaml"]).json()["summary"]["judged"], 0);
    let named = folder.check_json(&["--as", "HelmValues", "other.yaml"]);
    assert_eq!(named.json()["summary"]["judged"], 1);
}

#[test]
fn files_are_context_of_each_other_and_context_is_not_judged() {
    let config = format!("{CONFIG}---\nkind: NamespaceList\napiVersion: v1\nitems: []\n");
    let infra = "apiVersion: ako.vmware.com/v1beta1\nkind: AviInfraSetting\nmetadata: {name: six}\nspec: {network: {vipNetworks: [{networkName: net-6, v6cidr: '2001:db8::/64'}]}}\n";
    let service = clean()
        .replace("{name: web,", "{name: web, annotations: {aviinfrasetting.ako.vmware.com/name: six},");
    let folder = Folder::with(&[("service.yaml", &service), ("infra.yaml", infra), ("config.yaml", &config)]);
    let rule = "ako/ipv6-only-vip-network-under-load-balancer";
    let alone = folder.check_json(&["service.yaml", "config.yaml"]);
    let skipped = alone.json()["skipped"].to_string();
    assert!(skipped.contains(rule) && skipped.contains("AviInfraSetting"), "{skipped}");
    let together = folder.check_json(&["service.yaml", "config.yaml", "infra.yaml"]);
    assert!(together.stdout.contains(rule) && together.code == Some(1), "{together:?}");
    let context = folder.check_json(&["service.yaml", "--context", "config.yaml", "--context", "infra.yaml"]);
    assert_eq!(context.json()["summary"]["judged"], 1);
    assert_eq!(context.json()["findings"][0]["rule"], rule);
    folder.write("none.yaml", "kind: AviInfraSettingList\napiVersion: ako.vmware.com/v1beta1\nitems: []\n");
    let none = folder.check_json(&["service.yaml", "config.yaml", "none.yaml"]);
    assert!(!none.json()["skipped"].to_string().contains(rule), "an empty list says that there are none");
}
