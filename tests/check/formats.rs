//! Every format, and what it promises.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::folder::{CONFIG, FAULTY, Folder, RULE};
use crate::support::control_plane::{is_left_out, root};

const SETTINGS: &str = "\
apiVersion: ako-gate/v1
kind: Settings
profile: {ako: 1.9.3, akoCloud: CLOUD_VCENTER}
rules: {ako/unknown-ip-family: audit}
exemptions:
- {rule: ako/*, match: {kind: Service, namespace: exempt}, reason: 'goes & <soon>', owner: team-a}
";

/// A denial, an exempted one, an audited one, a file that is broken and one with an odd name.
fn mixed() -> Folder {
    Folder::with(&[
        ("settings.yaml", SETTINGS),
        ("deploy/a b,%ü.yaml", FAULTY),
        ("deploy/broken.yaml", "a: [\n"),
        ("deploy/config.yaml", &CONFIG.replace("V4", "V9")),
        ("deploy/exempt.yaml", &FAULTY.replace("namespace: shop", "namespace: exempt")),
    ])
}

fn printed(folder: &Folder, format: &str) -> String {
    let ran = folder.run(&["check", "--config", "settings.yaml", "--format", format, "deploy"], "");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(2), ""), "{format}");
    ran.stdout
}

#[test]
fn json_is_as_promised() {
    let folder = Folder::with(&[("web.yaml", FAULTY), ("broken.yaml", "a: [\n")]);
    let json = folder.check_json(&["web.yaml", "broken.yaml"]).json();
    let object = json!({"apiVersion": "v1", "kind": "Service", "namespace": "shop", "name": "web"});
    assert_eq!(json["apiVersion"], "ako-gate/v1");
    assert_eq!(json["profile"]["ako"], json!({"value": "1.9.3", "from": "--profile"}));
    assert_eq!(json["profile"]["platform"], json!({"value": "kubernetes", "from": "default"}));
    let skipped = json["skipped"].as_array().unwrap().len();
    let summary = json!({"judged": 1, "deny": 1, "warn": 0, "audit": 0, "exempt": 0, "skipped": skipped});
    assert_eq!(json["summary"], summary);
    let finding = &json["findings"][0];
    let wanted = json!({
        "rule": RULE, "action": "deny", "kind": "NotSupported", "object": object,
        "field": "spec.ipFamilies[0]", "value": "IPv6",
        "message": finding["message"], "consequence": finding["consequence"], "remedy": finding["remedy"],
        "matrix": {
            "product": "ako", "release": "1.9.3", "capability": "l4-ipv6-vip", "source": finding["matrix"]["source"],
        },
        "source": {"file": "web.yaml", "document": 1, "line": 6, "column": 16, "endLine": 6, "endColumn": 20},
        "fingerprint": finding["fingerprint"], "exemption": null,
    });
    assert_eq!(finding, &wanted);
    for text in ["message", "consequence", "remedy"] {
        assert!(finding[text].as_str().unwrap().len() > 20, "{text}");
    }
    let fingerprint = finding["fingerprint"].as_str().unwrap();
    assert!(fingerprint.len() == 16 && fingerprint.chars().all(|c| c.is_ascii_hexdigit()), "{fingerprint}");
    let skip = json["skipped"].as_array().unwrap().first().unwrap();
    assert_eq!(skip, &json!({"rule": skip["rule"], "object": object, "why": skip["why"]}));
    let broken = json!({"file": "broken.yaml", "line": 1, "column": 4, "message": "unclosed bracket '['"});
    assert_eq!(json["unreadable"], json!([broken]));
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 6, "{keys:?}");
}

#[test]
fn yaml_says_the_same_as_json() {
    let folder = mixed();
    let json: Value = serde_json::from_str(&printed(&folder, "json")).unwrap();
    let yaml = ako_gate::decode::yaml::parse_one(&printed(&folder, "yaml")).unwrap();
    assert_eq!(crate::support::json::value(ako_gate::model::Node::root(&yaml)), json);
}

#[test]
fn human_shows_the_lines() {
    let human = printed(&mixed(), "human");
    let wanted = "\
 --> deploy/a b,%ü.yaml:6:16
  |
4 | spec:
5 |   type: LoadBalancer
6 |   ipFamilies: [IPv6]
  |                ^^^^ spec.ipFamilies[0]
7 |   ports:
8 |   - {port: 80}
  |
";
    assert!(human.contains(wanted), "{human}");
    assert!(
        human.starts_with("error: cannot be read: unclosed bracket '['\n --> deploy/broken.yaml:1:4\n"),
        "{human}"
    );
    assert!(human.ends_with("3 objects judged: 1 denied, 0 warned, 1 exempt\n"), "{human}");
    assert!(human.contains("exempt (goes & <soon>; team-a): "), "{human}");
}

#[test]
fn sarif_holds_every_finding() {
    let log: Value = serde_json::from_str(&printed(&mixed(), "sarif")).unwrap();
    let run = &log["runs"][0];
    assert_eq!((&log["version"], &run["columnKind"]), (&json!("2.1.0"), &json!("unicodeCodePoints")));
    let driver = &run["tool"]["driver"];
    assert_eq!(
        (&driver["name"], &driver["version"]),
        (&json!("ako-gate"), &json!(env!("CARGO_PKG_VERSION")))
    );
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        let rule = &driver["rules"][index];
        assert_eq!(rule["id"], result["ruleId"]);
        for text in ["/shortDescription/text", "/fullDescription/text", "/help/text", "/help/markdown"] {
            assert!(rule.pointer(text).unwrap().as_str().unwrap().len() > 20, "{text}");
        }
        assert!(["error", "warning"].contains(&rule["defaultConfiguration"]["level"].as_str().unwrap()));
    }
    let levels: Vec<&Value> = results.iter().map(|result| &result["level"]).collect();
    assert_eq!(levels, ["error", "note", "note"]);
    let place = &results[0]["locations"][0];
    let region = json!({"startLine": 6, "startColumn": 16, "endLine": 6, "endColumn": 20});
    let artifact = json!({"uri": "deploy/a%20b%2C%25%C3%BC.yaml"});
    assert_eq!(place["physicalLocation"], json!({"artifactLocation": artifact, "region": region}));
    let name = &place["logicalLocations"][0]["fullyQualifiedName"];
    assert_eq!(name, "Service shop/web spec.ipFamilies[0]");
    assert_eq!(results[0]["partialFingerprints"]["akoGateFinding/v1"].as_str().unwrap().len(), 16);
    assert_eq!(results[0]["suppressions"], json!([]));
    let suppression = json!([{"kind": "external", "justification": "goes & <soon> (team-a)"}]);
    assert_eq!(results[2]["suppressions"], suppression);
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notification = &invocation["toolExecutionNotifications"][0];
    assert_eq!(notification["level"], "error");
    let uri = notification.pointer("/locations/0/physicalLocation/artifactLocation/uri");
    assert_eq!(uri, Some(&json!("deploy/broken.yaml")));
}

#[test]
fn sarif_follows_the_official_schema() {
    if is_left_out() {
        return;
    }
    let folder = mixed();
    let in_module = |arguments: &[&str]| {
        let mut go = Command::new("go");
        go.args(arguments)
            .current_dir(root().join("tests/sarif"))
            .env("GOWORK", "off")
            .stderr(Stdio::inherit());
        go
    };
    let module = "github.com/owenrumney/go-sarif/v3";
    let downloaded = in_module(&["mod", "download"]).status().unwrap();
    assert!(downloaded.success(), "go mod download");
    let found = in_module(&["list", "-m", "-f", "{{.Dir}}", module]).output().unwrap();
    let schema =
        format!("{}/pkg/report/v210/sarif/schema.go", String::from_utf8(found.stdout).unwrap().trim());
    folder.write("fixable.yaml", CONFIG.replace("V4", "v4"));
    let fixable = folder.check(&["--format", "sarif", "fixable.yaml"]).stdout;
    assert!(fixable.contains("\"fixes\""), "{fixable}");
    for (name, log) in [
        ("mixed", printed(&folder, "sarif")),
        ("fixable", fixable),
        ("empty", folder.check(&["--format", "sarif", "settings.yaml"]).stdout),
    ] {
        folder.write("log.sarif", &log);
        let input = std::fs::File::open(folder.path("log.sarif")).unwrap();
        let validated = in_module(&["run", ".", &schema]).stdin(input).output().unwrap();
        assert!(validated.status.success(), "{name}: {}", String::from_utf8_lossy(&validated.stdout));
    }
}

#[test]
fn absolute_paths_below_the_current_folder_become_relative_where_tools_want_that() {
    let folder = Folder::with(&[("deploy/web.yaml", FAULTY)]);
    let path = folder.path("deploy/web.yaml").canonicalize().unwrap();
    let path = path.to_str().unwrap();
    let sarif = folder.check(&["--format", "sarif", path]).json();
    let uri = sarif.pointer("/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri");
    assert_eq!(uri, Some(&json!("deploy/web.yaml")));
    let github = folder.check(&["--format", "github", path]).stdout;
    assert!(github.starts_with("::error file=deploy/web.yaml,line=6,"), "{github}");
    let places = folder.check_json(&[path]).places();
    assert_eq!(places, [format!("{path}:6:16-6:20 {RULE}")], "elsewhere it is as typed");
}

#[test]
fn junit_has_a_case_for_each_object() {
    let xml = printed(&mixed(), "junit");
    let counts = "tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"0\"";
    assert!(xml.contains(&format!("<testsuites name=\"ako-gate\" {counts}>")), "{xml}");
    for part in [
        "<testsuite name=\"deploy/a b,%ü.yaml\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\">",
        "<testcase name=\"Service shop/web\" classname=\"deploy/a b,%ü.yaml\">",
        &format!("type=\"{RULE}\">deploy/a b,%ü.yaml:6:16\n  spec.ipFamilies[0] = &quot;IPv6&quot;\n"),
        "<error message=\"unclosed bracket '['\" type=\"cannot be read\">",
        "exempt (goes &amp; &lt;soon&gt;; team-a)",
    ] {
        assert!(xml.contains(part), "{part} is not in {xml}");
    }
    let opened = xml.matches("<testcase").count();
    assert_eq!(
        opened,
        xml.matches("</testcase>").count() + xml.matches("<testcase ").filter(|_| false).count()
    );
}

#[test]
fn junit_says_what_was_not_judged_at_all() {
    let folder = Folder::with(&[("web.yaml", FAULTY)]);
    let ran = folder.run(&["check", "--profile", "kubernetes=1.36", "--format", "junit", "web.yaml"], "");
    assert!(
        ran.stdout.contains("<skipped message=\"no sign of AKO; pass --profile ako=RELEASE\"/>"),
        "{ran:?}"
    );
}

#[test]
fn github_marks_the_lines() {
    let text = printed(&mixed(), "github");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "::error file=deploy/broken.yaml,line=1,col=4,title=cannot be read::unclosed bracket '['"
    );
    let denied = format!(
        "::error file=deploy/a b%2C%25ü.yaml,line=6,endLine=6,col=16,endColumn=20,title={RULE}::AKO 1.9.3 cannot give"
    );
    assert!(
        lines[1].starts_with(&denied) && lines[1].contains("%0AService shop/web: spec.ipFamilies[0]"),
        "{text}"
    );
    assert!(lines[2].starts_with("::notice file=deploy/config.yaml,line=5,"), "{text}");
    assert_eq!(lines.last().unwrap(), &"ako-gate: 3 objects judged: 1 denied, 0 warned, 1 exempt");
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let (_, example) = readme.split_once("$ ako-gate check ").unwrap();
    let (arguments, rest) = example.split_once('\n').unwrap();
    let (output, _) = rest.split_once("```").unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_ako-gate"))
        .arg("check")
        .args(arguments.split(' '))
        .current_dir(root())
        .output()
        .unwrap();
    let printed = String::from_utf8(ran.stdout).unwrap();
    assert!(printed.starts_with(output), "{printed}");
}
