//! Exit codes, and what stands on which output.

use std::io::Read;
use std::process::{Command, Stdio};

use super::folder::{CONFIG, FAULTY, Folder, RULE, clean};

/// A Service that is warned about under 1.9.3.
fn warned() -> String {
    FAULTY.replace("ipFamilies: [IPv6]", "ipFamilyPolicy: PreferDualStack\n  ipFamilies: [IPv4, IPv6]")
}

#[test]
fn ends_with_what_was_found() {
    let folder = Folder::with(&[
        ("clean.yaml", &clean()),
        ("faulty.yaml", FAULTY),
        ("warned.yaml", &warned()),
        ("broken.yaml", "a: [\n"),
        ("config.yaml", CONFIG),
    ]);
    for (arguments, code) in [
        (&["clean.yaml"][..], 0),
        (&["warned.yaml", "config.yaml"], 0),
        (&["--fail-on", "warn", "warned.yaml", "config.yaml"], 1),
        (&["faulty.yaml"], 1),
        (&["clean.yaml", "faulty.yaml"], 1),
        (&["broken.yaml"], 2),
        (&["broken.yaml", "faulty.yaml"], 2),
        (&["clean.yaml", "nowhere.yaml"], 2),
        (&["clean.yaml", "--context", "broken.yaml"], 2),
        (&["clean.yaml", "--old", "broken.yaml"], 2),
    ] {
        let ran = folder.check(arguments);
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        assert!(!ran.stdout.is_empty(), "{arguments:?}: the rest is judged and printed");
    }
}

#[test]
fn mistakes_of_usage_end_with_2_and_print_no_results() {
    let folder = Folder::with(&[("clean.yaml", &clean()), ("settings.yaml", "kind: Nothing\n")]);
    for (arguments, wanted) in [
        (&[][..], "nothing to check"),
        (&["--format", "xml", "clean.yaml"], "xml"),
        (&["--profile", "aok=1.9.3", "clean.yaml"], "aok"),
        (&["--config", "settings.yaml", "clean.yaml"], "settings.yaml"),
        (&["--as", "Service", "clean.yaml"], "--as Service"),
        (&["--baseline", "nowhere.json", "clean.yaml"], "nowhere.json"),
        (&["--grow-baseline", "clean.yaml"], "--write-baseline"),
    ] {
        let ran = folder.check(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains(wanted), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn results_are_on_standard_output_and_nothing_else() {
    let twice = FAULTY.replace("type: LoadBalancer", "type: ClusterIP\n  type: LoadBalancer");
    let folder = Folder::with(&[("a.yaml", &twice), ("b.yaml", FAULTY)]);
    for format in ["human", "json", "yaml", "sarif", "junit", "github"] {
        let ran = folder.check(&["--format", format, "."]);
        assert_eq!(ran.code, Some(1));
        assert_eq!(
            ran.stderr,
            "./a.yaml:6:9: key \"type\" is written twice; kubectl keeps the last one\n\
             ./b.yaml: Service shop/web was already given; the later one counts as context\n",
            "{format}"
        );
        assert!(ran.stdout.contains(RULE) && !ran.stdout.contains("twice"), "{format}: {}", ran.stdout);
        let again = folder.check(&["--format", format, "-q", "."]);
        assert_eq!(again.stderr, "", "{format}: quiet");
        assert!(format == "human" || again.stdout == ran.stdout, "{format}: the same byte for byte");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let folder = Folder::with(&[("many.yaml", &vec![FAULTY; 3000].join("---\n"))]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_ako-gate"))
        .args(["check", "-q", "--profile", "ako=1.9.3"])
        .arg(folder.path("many.yaml"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(1), Vec::new()));
}

/// Checks many files with a terminal as standard error; what it shows.
fn watched(arguments: &[&str]) -> String {
    let folder = Folder::with(&[]);
    for index in 0..3000 {
        folder.write(&format!("{index}.yaml"), vec![clean(); 20].join("---\n"));
    }
    let terminal = nix::pty::openpty(None, None).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_ako-gate"))
        .args(["check", "--profile", "ako=1.9.3"])
        .args(arguments)
        .arg(folder.path("."))
        .stdout(Stdio::null())
        .stderr(terminal.slave)
        .spawn()
        .unwrap();
    let mut shown = Vec::new();
    // a terminal that nobody writes to any more ends with an error
    let _ = std::fs::File::from(terminal.master).read_to_end(&mut shown);
    child.wait().unwrap();
    String::from_utf8(shown).unwrap()
}

#[test]
fn long_runs_tell_how_far_they_are_on_a_terminal() {
    let shown = watched(&[]);
    let (before, after) = shown.split_once(" objects judged").unwrap();
    let count = before.rsplit('\r').next().unwrap();
    assert!(count.parse::<usize>().is_ok_and(|count| count > 0), "{shown}");
    assert!(after.ends_with("\r\u{1b}[K"), "wiped at the end: {shown}");
    assert_eq!(watched(&["-q"]), "");
}

#[test]
fn says_why_on_standard_error() {
    let folder = Folder::with(&[("faulty.yaml", FAULTY)]);
    let ran = folder.check(&["--why", "-q", "faulty.yaml"]);
    let fired = format!("fired   {RULE}\n");
    assert!(
        ran.stderr.starts_with("faulty.yaml: Service shop/web\n") && ran.stderr.contains(&fired),
        "{ran:?}"
    );
}

#[test]
fn what_was_wrong_before_is_a_warning() {
    let worse = FAULTY.replace("[IPv6]", "[IPv6, IPv4]");
    let folder = Folder::with(&[("old/web.yaml", FAULTY), ("same.yaml", FAULTY), ("worse.yaml", &worse)]);
    let ran = folder.check_json(&["--old", "old", "same.yaml"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.json()["findings"][0]["action"], "warn");
    assert_eq!(folder.check(&["--old", "old", "--fail-on", "warn", "same.yaml"]).code, Some(1));
    let human = folder.check(&["--old", "old", "same.yaml"]).stdout;
    assert!(human.starts_with(&format!("warn[{RULE}]: was so before: ")), "{human}");
    let other = FAULTY.replace("name: web", "name: other");
    folder.write("other.yaml", other);
    assert_eq!(folder.check(&["--old", "old", "other.yaml"]).code, Some(1), "another object has no past");
}

#[test]
fn a_document_without_a_name_replaces_the_only_one_of_its_kind() {
    let values = "AKOSettings: {ipFamily: V9}\n";
    let folder = Folder::with(&[("old/prod.yaml", values), ("values.yaml", values)]);
    let ran = folder.check_json(&["--old", "old", "values.yaml"]);
    assert_eq!((ran.code, &ran.json()["findings"][0]["action"]), (Some(0), &"warn".into()), "{ran:?}");
    folder.write("old/other.yaml", values);
    assert_eq!(folder.check(&["--old", "old", "values.yaml"]).code, Some(1), "nobody can tell which");
}

#[test]
fn exemptions_and_actions_come_from_the_settings() {
    let folder = Folder::with(&[("faulty.yaml", FAULTY)]);
    let exempt = "exemptions:\n- {rule: ako/ipv6-vip-on-load-balancer, match: {kind: Service, namespace: sh*}, reason: soon gone, owner: team-a}\n";
    for (name, body, action, code) in [
        ("off", "rules: {ako/ipv6-vip-on-load-balancer: {check: off}}\n", None, 0),
        ("warn", "rules: {\"*\": warn}\n", Some("warn"), 0),
        ("webhook", "rules: {\"*\": {webhook: warn}}\n", Some("deny"), 1),
        ("exempt", exempt, Some("audit"), 0),
    ] {
        folder.write("settings.yaml", format!("apiVersion: ako-gate/v1\nkind: Settings\n{body}"));
        let ran = folder.check_json(&["--config", "settings.yaml", "faulty.yaml"]);
        let json = ran.json();
        assert_eq!((json["findings"][0]["action"].as_str(), ran.code), (action, Some(code)), "{name}");
        let exempted = &json["findings"][0]["exemption"];
        assert_eq!(exempted["reason"].as_str(), (name == "exempt").then_some("soon gone"));
        assert_eq!(json["summary"]["exempt"], i32::from(name == "exempt"));
    }
}
