//! The real binary as people and scripts meet it: exit codes, what stands on which output, what mistakes get as answer.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ako_gate::model::Product;
use ako_gate::{matrix, rules};
use serde_json::{Value, json};
use support::control_plane::{root, within};
use support::review;
use support::running::Running;
use support::tls::{Authority, Connection, usual_client};
use tempfile::TempDir;

/// What a command printed and how it ended.
#[derive(Debug)]
struct Outcome {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs `ako-gate` with `input` on its standard input.
fn run_with(arguments: &[&str], input: &str) -> Outcome {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ako-gate"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // who refuses its arguments does not read
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Outcome { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn run(arguments: &[&str]) -> Outcome {
    run_with(arguments, "")
}

/// Runs `ako-gate`, which must succeed and say nothing on standard error; its standard output.
fn prints(arguments: &[&str]) -> String {
    let outcome = run(arguments);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    outcome.stdout
}

/// A mistake of whoever typed: exit code 2, nothing on standard output, and each of these on standard error.
fn mistake(outcome: &Outcome, wanted: &[&str]) {
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{}", outcome.stderr);
    assert!(outcome.stderr.starts_with("error: ") && outcome.stderr.ends_with('\n'), "{}", outcome.stderr);
    for part in wanted {
        assert!(outcome.stderr.contains(part), "{part:?} is not in {}", outcome.stderr);
    }
}

fn write(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A review that is denied by default and allowed where `ako/unknown-ip-family` is off.
fn denied() -> Value {
    let mut review = review::numbered("26");
    review["request"]["object"]["data"] = json!({"ipFamily": "V9", "cniPlugin": "calico"});
    review
}

fn allowed() -> Value {
    let mut review = denied();
    review["request"]["object"]["data"]["ipFamily"] = json!("V4");
    review
}

#[test]
fn review_ends_with_what_was_decided() {
    let folder = TempDir::new().unwrap();
    for (review, code) in [(allowed(), 0), (denied(), 1)] {
        let text = review.to_string();
        let file = write(&folder, "review.json", &text);
        let by_file = run(&["review", &file]);
        assert_eq!((by_file.code, by_file.stderr.as_str()), (Some(code), ""));
        let answer: Value = serde_json::from_str(&by_file.stdout).unwrap();
        assert_eq!(answer["response"]["allowed"], code == 0);
        assert_eq!(by_file.stdout.matches('\n').count(), 1, "one line, for tools that read lines");
        for arguments in [&["review"][..], &["review", "-"]] {
            let by_input = run_with(arguments, &text);
            assert_eq!((by_input.code, by_input.stdout), (Some(code), by_file.stdout.clone()));
        }
    }
}

#[test]
fn review_refuses_what_is_no_review() {
    let mut no_uid = denied();
    no_uid["request"].as_object_mut().unwrap().remove("uid");
    let object = denied()["request"]["object"].to_string();
    for (text, why) in
        [("", "1:0"), ("{", "not an AdmissionReview"), ("kind: AdmissionReview\n", "1:1"), ("{}", "its kind")]
    {
        mistake(&run_with(&["review"], text), &["not an AdmissionReview", why]);
    }
    mistake(&run_with(&["review"], &object), &["not an AdmissionReview", "its kind"]);
    mistake(&run_with(&["review"], &no_uid.to_string()), &["not an AdmissionReview", "request.uid"]);
    mistake(&run(&["review", "/nowhere/review.json"]), &["failed to read /nowhere/review.json"]);
}

#[test]
fn review_answers_what_it_cannot_decode_as_the_settings_say() {
    let folder = TempDir::new().unwrap();
    let mut review = denied();
    review["request"].as_object_mut().unwrap().remove("operation");
    for (unknown, code) in [("allow", 0), ("warn", 0), ("deny", 1)] {
        let settings = format!("apiVersion: ako-gate/v1\nkind: Settings\nwebhook: {{unknown: {unknown}}}\n");
        let config = write(&folder, "settings.yaml", &settings);
        let outcome = run_with(&["review", "--config", &config], &review.to_string());
        assert_eq!(outcome.code, Some(code), "{unknown}");
        let answer: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(answer["response"]["warnings"].is_array(), unknown == "warn", "{answer}");
    }
}

#[test]
fn review_says_on_standard_error_why_it_decided_so() {
    let text = denied().to_string();
    let (plain, why) = (run_with(&["review"], &text), run_with(&["review", "--why"], &text));
    assert_eq!((plain.code, &plain.stdout), (why.code, &why.stdout), "standard output stays the same");
    let wanted = [
        "release: AKO 1.11.5",
        "note: ako 1.11.5 is assumed",
        "fired   ako/unknown-ip-family",
        "passed  ako/",
    ];
    for part in wanted {
        assert!(why.stderr.contains(part), "{part:?} is not in {}", why.stderr);
    }
}

#[test]
fn mistyped_arguments_get_a_remedy() {
    mistake(&run(&["frobnicate"]), &["frobnicate", "--help"]);
    mistake(&run(&["reviw"]), &["reviw", "'review'"]);
    mistake(&run(&["review", "--frob"]), &["--frob", "--help"]);
    mistake(&run(&["review", "--contxt", "x"]), &["'--context"]);
    mistake(&run(&["explain"]), &["<RULE>", "Usage: ako-gate explain <RULE>"]);
    mistake(&run(&["serve", "--listen", "8443"]), &["--listen", "invalid socket address"]);
    mistake(&run(&["serve", "--tls-cert-file", "x"]), &["--tls-key-file"]);
    mistake(&run(&["serve", "--standalone", "--kubeconfig", "x"]), &["--standalone", "cannot be used with"]);
    mistake(&run(&["completions", "tcsh"]), &["tcsh", "bash"]);
    let nothing = run(&[]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(2), ""));
    assert!(nothing.stderr.contains("Usage: ako-gate <COMMAND>"), "{}", nothing.stderr);
}

#[test]
fn a_profile_that_cannot_be_used_says_what_could() {
    for (pair, wanted) in [
        ("ako", "KEY=VALUE"),
        ("ako=new", "X.Y.Z"),
        ("akoCloud=vcenter", "CLOUD_VCENTER"),
        ("akoCloud=", "CLOUD_VCENTER"),
        ("colour=red", "known keys: ako, akoCloud"),
        ("platform=eks", "kubernetes or openshift"),
        ("clusterFamilies=IPv5", "IPv6,IPv4"),
        ("transportZone=x", "OVERLAY or VLAN"),
        ("akoNamespace=", "a namespace"),
        ("kubernetes=latest", "X.Y"),
    ] {
        let outcome = run_with(&["review", "--profile", pair], &denied().to_string());
        mistake(&outcome, &[&format!("--profile {pair}: "), wanted]);
    }
}

#[test]
fn a_profile_on_the_command_line_wins_over_the_settings() {
    let folder = TempDir::new().unwrap();
    let config = write(
        &folder,
        "s.yaml",
        "apiVersion: ako-gate/v1\nkind: Settings\nprofile: {ako: 2.1.1, akoCloud: CLOUD_VCENTER}\n",
    );
    let mut review = denied();
    // both families at once: 1.12.1 was the first to take it
    review["request"]["object"]["data"]["ipFamily"] = json!("V4_V6");
    let text = review.to_string();
    assert_eq!(run_with(&["review", "--config", &config], &text).code, Some(0));
    let older = ["review", "--config", &config, "--profile", "ako=1.9.3"];
    assert_eq!(run_with(&older, &text).code, Some(1));
}

#[test]
fn every_mistake_in_the_settings_is_named_with_its_place() {
    let folder = TempDir::new().unwrap();
    let settings = "\
apiVersion: ako-gate/v1
kind: Setting
profile: {ako: 1.30}
rules:
  ako/unknown-ip-famly: warn
  ako/*: on
exemptions:
- rule: ako/*
  match: {nmae: x}
  reason: r
  owner: o
  expires: next year
";
    let config = write(&folder, "settings.yaml", settings);
    let outcome = run_with(&["review", "--config", &config], &denied().to_string());
    let wanted = [
        "settings.yaml:2:7: kind must be Settings",
        "settings.yaml:3:16: the value of ako must be text; put it in quotes",
        "settings.yaml:5:25: unknown rule \"ako/unknown-ip-famly\"; did you mean ako/unknown-ip-family?",
        "settings.yaml:6:10: \"true\" is none of deny, warn, audit, off",
        "settings.yaml:9:17: unknown key \"nmae\"; known keys: kind, namespace, name",
        "settings.yaml:12:12: \"next year\" is no date; write it as 2027-03-31",
    ];
    mistake(&outcome, &wanted);
    let lines = outcome.stderr.lines().filter(|line| line.contains("settings.yaml:")).count();
    assert_eq!(lines, wanted.len(), "{}", outcome.stderr);

    let broken = write(&folder, "broken.yaml", "apiVersion: ako-gate/v1\nrules: [\n");
    mistake(&run(&["serve", "--standalone", "--config", &broken]), &["broken.yaml:2:8: "]);
    mistake(&run(&["serve", "--standalone", "--config", "/nowhere.yaml"]), &["failed to read /nowhere.yaml"]);
}

#[test]
fn context_that_cannot_be_read_is_named_with_its_place() {
    let folder = TempDir::new().unwrap();
    let context = write(&folder, "cluster.yaml", "a: 1\n---\nb: {c\n---\nd: 1\n");
    let outcome = run_with(&["review", "--context", &context], &denied().to_string());
    mistake(&outcome, &["cluster.yaml:3:4: "]);
    mistake(&run(&["review", "--context", "/nowhere.yaml"]), &["failed to read /nowhere.yaml"]);
}

/// A running gate whose settings can be changed.
struct Reloading {
    gate: Running,
    settings: PathBuf,
    connection: Connection,
    _folder: TempDir,
}

impl Reloading {
    fn start(body: &str) -> Self {
        let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
        authority.issue_to(folder.path());
        let settings = folder.path().join("settings.yaml");
        write_settings(&settings, body);
        let gate = Running::start("127.0.0.1", folder.path(), &["--config", settings.to_str().unwrap()]);
        let connection = Connection::open(gate.https, "127.0.0.1", &usual_client(&authority.pem())).unwrap();
        Self { gate, settings, connection, _folder: folder }
    }

    fn denies(&mut self) -> bool {
        let answer = self.connection.review(&denied().to_string()).unwrap();
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        answer["response"]["allowed"] == false
    }

    fn has_metric(&self, line: &str) -> bool {
        self.gate.admin_get("/metrics").is_some_and(|text| text.lines().any(|found| found == line))
    }
}

fn write_settings(path: &Path, body: &str) {
    // in one step, as a mounted volume is exchanged: a half-written file would be another mistake
    let new = path.with_extension("new");
    fs::write(&new, format!("apiVersion: ako-gate/v1\nkind: Settings\n{body}")).unwrap();
    fs::rename(new, path).unwrap();
}

#[test]
fn new_settings_take_effect_while_serving_and_bad_ones_do_not() {
    let mut gate = Reloading::start("rules: {ako/unknown-ip-family: off}\n");
    assert!(!gate.denies());
    assert!(gate.has_metric("ako_gate_settings_invalid 0"));

    write_settings(&gate.settings, "rules:\n  ako/unknown-ip-famly: deny\n");
    within(15, "the mistake is counted", || gate.has_metric("ako_gate_settings_invalid 1"));
    let log = gate.gate.log();
    for part in
        ["ERROR", "the new settings are refused; the old ones stay", "settings.yaml:4:25: unknown rule"]
    {
        assert!(log.contains(part), "{part:?} is not in {log}");
    }
    assert!(!gate.denies(), "the old ones stay");

    write_settings(&gate.settings, "");
    within(15, "the mistake is over", || gate.has_metric("ako_gate_settings_invalid 0"));
    assert!(gate.denies(), "the new ones are in force");
    assert!(gate.gate.log().contains("the new settings are in force"));
}

#[test]
fn settings_that_disappear_leave_the_last_ones_in_force() {
    let mut gate = Reloading::start("rules: {ako/unknown-ip-family: off}\n");
    fs::remove_file(&gate.settings).unwrap();
    within(15, "it is counted", || gate.has_metric("ako_gate_settings_invalid 1"));
    assert!(!gate.denies());
    write_settings(&gate.settings, "rules: {ako/unknown-ip-family: off}\n");
    within(15, "it is over", || gate.has_metric("ako_gate_settings_invalid 0"));
}

#[test]
fn serve_says_what_keeps_it_from_starting() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let free = "127.0.0.1:0";
    let outcome = run(&["serve", "--standalone", "--listen", &address, "--admin-listen", free]);
    mistake_in_log(&outcome, &format!("failed to listen on {address}"));
    let outcome = run(&["serve", "--standalone", "--admin-listen", &address, "--listen", free]);
    mistake_in_log(&outcome, &format!("failed to listen on {address}"));
    let outcome = run(&["serve", "--listen", free, "--admin-listen", free]);
    mistake_in_log(&outcome, "pass --kubeconfig or --standalone");
    let nowhere = ["serve", "--listen", free, "--admin-listen", free, "--kubeconfig", "/nowhere"];
    mistake_in_log(&run(&nowhere), "failed to read /nowhere");
    let san = ["serve", "--standalone", "--listen", free, "--admin-listen", free, "--tls-san", "ü"];
    mistake_in_log(&run(&san), "--tls-san");
}

/// As [`mistake`], behind log lines.
fn mistake_in_log(outcome: &Outcome, wanted: &str) {
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{}", outcome.stderr);
    let error = outcome.stderr.lines().find(|line| line.starts_with("error: "));
    assert!(error.is_some_and(|error| error.contains(wanted)), "{wanted:?} is not in {}", outcome.stderr);
}

#[test]
fn rules_lists_every_rule_on_a_line_of_its_own() {
    let text = prints(&["rules"]);
    for (line, rule) in text.lines().zip(rules::all()) {
        let words: Vec<&str> = line.split_whitespace().take(2).collect();
        assert_eq!(words, [rule.action.name(), rule.name]);
        assert!(line.ends_with(rule.summary()), "{line}");
    }
    assert_eq!(text.lines().count(), rules::all().count());
    let ako = text
        .lines()
        .filter(|line| line.contains(" ako/"))
        .fold(String::new(), |text, line| text + line + "\n");
    assert_eq!(prints(&["rules", "--product", "ako"]), ako);
    mistake(&run(&["rules", "--product", "aks"]), &["unknown product \"aks\"", "known products: ako, "]);
}

#[test]
fn explain_shows_the_page_of_a_rule() {
    for rule in rules::all() {
        let page = prints(&["explain", rule.name]);
        let first = format!("{} ({})\n\n{}\n", rule.name, rule.action.name(), rule.summary());
        assert!(page.starts_with(&first), "{page}");
        for heading in
            ["\n## Why\n", "\n## What to do instead\n", "\n## Not reported\n", "\n## Support matrix\n"]
        {
            assert!(page.contains(heading), "{heading:?} is not in {page}");
        }
        for row in rule.enforces {
            assert!(page.contains(row.source), "{page}");
        }
        let [_, reported, silent] = page.split("\n## Example that is ").collect::<Vec<_>>()[..] else {
            panic!("{page}");
        };
        let answer = |example: &str| {
            example.contains(&format!("rule: {}", rule.name)) || example.contains("Warning: ")
        };
        assert!(reported.starts_with("reported\n") && answer(reported), "{page}");
        assert!(
            silent.starts_with("not reported\n") && !silent.contains(&format!("rule: {}", rule.name)),
            "{page}"
        );
    }
}

#[test]
fn explain_helps_with_a_misspelt_name() {
    let meant = "did you mean ako/ipv6-vip-on-load-balancer?";
    for name in ["ako/ipv6-vip-on-load-balncer", "ako/ipv6-vip-on-loadbalancer", "ipv6-vip-on-load-balancer"]
    {
        mistake(&run(&["explain", name]), &[name, meant, "ako-gate rules lists them"]);
    }
    let outcome = run(&["explain", "something-else-altogether"]);
    mistake(&outcome, &["ako-gate rules lists them"]);
    assert!(!outcome.stderr.contains("did you mean"), "{}", outcome.stderr);
}

#[test]
fn matrix_shows_all_or_what_was_asked_for() {
    let all = prints(&["matrix"]);
    for row in matrix::rows() {
        assert!(all.contains(&format!("{}  {}\n", row.capability, row.title)), "{}", row.capability);
        assert!(all.contains(&format!("  source: {}\n", row.source)), "{}", row.capability);
    }
    let one = prints(&["matrix", "--capability", "l4-ipv6-vip", "--release", "1.9.3"]);
    let lines: Vec<&str> = one.lines().collect();
    assert!(lines[0].starts_with("l4-ipv6-vip  "), "{one}");
    let cells: Vec<Vec<&str>> = lines.iter().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(cells[1].last(), Some(&"no"), "{one}");
    assert!(lines[2].starts_with("  source: "), "one release has one cell: {one}");
    let newer = prints(&["matrix", "--capability", "l4-ipv6-vip", "--release", "1.12.1"]);
    assert!(newer.lines().nth(1).unwrap().ends_with("yes"), "{newer}");
    let ako = prints(&["matrix", "--product", "ako"]);
    for row in matrix::rows() {
        assert_eq!(ako.contains(row.title), row.product == Product::Ako, "{}", row.capability);
    }
}

/// What one release of one product supports is a table: a line for each row, its notes and its sources below.
#[test]
fn the_support_table_of_a_release_reads_like_one() {
    for (product, release, title) in [
        (Product::Kops, "1.36", "kOps 1.36"),
        (Product::AksEngine, "0.79.0", "AKS Engine 0.79.0"),
        (Product::Kubernetes, "1.36", "Kubernetes 1.36"),
        (Product::Ako, "1.11.5", "AKO 1.11.5"),
    ] {
        let table = prints(&["matrix", "--product", product.name(), "--release", release]);
        let (head, rest) = table.split_once("\n\n").unwrap();
        let (lines, _) = rest.split_once("\n\n").unwrap();
        assert_eq!(head, title);
        let rows: Vec<_> = matrix::rows().filter(|row| row.product == product).collect();
        let columns: Vec<usize> = rows
            .iter()
            .zip(lines.lines())
            .map(|(row, line)| {
                let cell = row.cell(release.parse().unwrap()).unwrap();
                let said = line.strip_prefix("  ").unwrap().strip_prefix(row.title).unwrap();
                let (support, text) = said.trim_start().split_once(' ').unwrap_or((said.trim_start(), ""));
                assert_eq!(support, cell.support.name(), "{line}");
                assert!(text.trim_start().starts_with(cell.text), "{line}");
                line.chars().count() - said.trim_start().chars().count()
            })
            .collect();
        assert_eq!((columns.len(), lines.lines().count()), (rows.len(), rows.len()), "{table}");
        assert!(columns.windows(2).all(|pair| pair[0] == pair[1]), "one column: {columns:?}");
        for row in rows {
            assert!(table.contains(row.note) && table.contains(row.source), "{}", row.capability);
        }
    }
}

#[test]
fn matrix_helps_with_what_it_does_not_know() {
    mistake(&run(&["matrix", "--capability", "l4"]), &["known capabilities: l7-ipv6-vip, l4-ipv6-vip, "]);
    mistake(&run(&["matrix", "--release", "newest"]), &["\"newest\" is not a release", "1.11.5"]);
    mistake(&run(&["matrix", "--product", "x"]), &["known products: ako"]);
}

#[test]
fn help_teaches_every_command_and_its_examples_work() {
    let help = prints(&["--help"]);
    for command in ["serve", "check", "review", "explain", "rules", "matrix", "completions"] {
        let line = help.lines().find(|line| line.trim_start().starts_with(&format!("{command} ")));
        assert!(
            line.is_some_and(|line| line.split_whitespace().count() > 2),
            "{command} is not described: {help}"
        );
        let own = prints(&[command, "--help"]);
        assert!(own.contains(&format!("Usage: ako-gate {command}")), "{own}");
        // every option says what it is for, beside it or below
        let lines: Vec<&str> = own.lines().collect();
        for (index, line) in lines.iter().enumerate().filter(|(_, line)| line.trim_start().starts_with("--"))
        {
            let beside = line.trim().contains("  ");
            let below = lines.get(index + 1).is_some_and(|line| line.starts_with("          "));
            assert!(beside || below, "{command}: {line}");
        }
    }
    assert!(
        prints(&["review", "--help"]).contains("Exit codes: 0 allowed, 1 denied, 2 not an AdmissionReview")
    );
    let examples: Vec<&str> = help.lines().filter_map(|line| line.strip_prefix("  ako-gate ")).collect();
    assert!(examples.len() >= 3, "{help}");
    for example in examples {
        let arguments: Vec<&str> = example.split(' ').collect();
        // those with files would need them; their options are known, which clap checks before it looks at any file
        let outcome = run(&arguments);
        let said = format!("{}{}", outcome.stdout, outcome.stderr).to_lowercase();
        let parsed = ["failed to read ", "no such file"].iter().any(|part| said.contains(part));
        let parsed = parsed || outcome.code == Some(0);
        assert!(parsed, "{example}: {}", outcome.stderr);
    }
    assert_eq!(prints(&["--version"]), concat!("ako-gate ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    for arguments in [
        &["rules"][..],
        &["matrix"],
        &["explain", "ako/unknown-ip-family"],
        &["completions", "bash"],
        &["--help"],
    ] {
        // a pipe that nobody reads from, as after `| head -1`
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_ako-gate"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(writer)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn completions_are_a_script_that_the_shell_takes() {
    let script = prints(&["completions", "bash"]);
    let folder = TempDir::new().unwrap();
    let file = write(&folder, "ako-gate.bash", &script);
    // what bash offers behind `ako-gate rev`, by the function the script registers
    let ask = format!(
        "source {file}; f=$(complete -p ako-gate | grep -oE '_ako[a-z_-]*'); COMP_WORDS=(ako-gate rev); COMP_CWORD=1; \
         $f ako-gate rev ako-gate; echo \"${{COMPREPLY[@]}}\""
    );
    let output = Command::new("bash").args(["-c", &ask]).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "review",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for shell in ["zsh", "fish"] {
        assert!(prints(&["completions", shell]).contains("ako-gate"), "{shell}");
    }
}

/// What the project's own examples say about themselves.
#[test]
fn the_recorded_reviews_can_be_tried_out() {
    let file = root().join("tests/reviews/03-service-create-lb-ipv6.json");
    let outcome = run(&["review", file.to_str().unwrap()]);
    assert!(matches!(outcome.code, Some(0 | 1)) && outcome.stderr.is_empty(), "{outcome:?}");
}
