//! How other tools run ako-gate, as the README shows it: pre-commit and kubectl.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Output};

use ako_gate::decode::yaml;
use ako_gate::model::{Document, Node};
use support::control_plane::{is_left_out, root};
use tempfile::TempDir;

const FAULTY: &str = "tests/examples/refused/10-load-balancer-ipv6.yaml";
const RULE: &str = "ako/ipv6-vip-on-load-balancer";

/// The fenced block of the README that holds `part`, without its fences.
fn shown(part: &str) -> String {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let block = readme.split("```").skip(1).step_by(2).find(|block| block.contains(part)).unwrap();
    block.split_once('\n').unwrap().1.to_owned()
}

fn texts(node: Node<'_>) -> Vec<String> {
    node.items().map(|item| item.text().to_owned()).collect()
}

fn read(text: &str) -> Document {
    yaml::parse_one(text).unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A folder for the PATH in which the binary has this name.
fn path_with(name: &str) -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    symlink(env!("CARGO_BIN_EXE_ako-gate"), folder.path().join(name)).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    (folder, path)
}

/// What pre-commit does with a hook: the entry, the arguments of the using repository, the files that changed.
#[test]
fn pre_commit_runs_the_hook_on_the_files_that_changed() {
    let hooks = read(&fs::read_to_string(root().join(".pre-commit-hooks.yaml")).unwrap());
    let using = shown("hooks: [{id:");
    assert_eq!(using.lines().count(), 3);
    let using = read(&using);
    let asked = Node::root(&using).items().next().unwrap().at("hooks").items().next().unwrap();
    let is_asked = |hook: &Node<'_>| hook.at("id").text() == asked.at("id").text();
    let hook = Node::root(&hooks).items().find(is_asked).unwrap();
    assert_eq!(hook.at("language").text(), "rust");
    assert_eq!((hook.at("require_serial").text(), hook.at("pass_filenames").is_absent()), ("true", true));
    // those it names that pre-commit's `identify` gives to such files
    assert_eq!(texts(hook.at("types_or")), ["yaml", "json"]);

    let (_folder, path) = path_with("ako-gate");
    let repository = TempDir::new().unwrap();
    fs::create_dir(repository.path().join("deploy")).unwrap();
    fs::copy(root().join(FAULTY), repository.path().join("deploy/web.yaml")).unwrap();
    let entry: Vec<&str> = hook.at("entry").text().split(' ').collect();
    let run = |files: &[&str]| {
        Command::new(entry[0])
            .args(&entry[1..])
            .args(texts(asked.at("args")))
            .args(files)
            .current_dir(repository.path())
            .env("PATH", &path)
            .output()
            .unwrap()
    };
    let refused = run(&["deploy/web.yaml"]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(stdout(&refused).contains(RULE), "{refused:?}");
    fs::write(repository.path().join("values.yaml"), "featureGates: {}\n").unwrap();
    assert_eq!(run(&["values.yaml"]).status.code(), Some(0));
}

#[test]
fn as_a_plug_in_it_calls_itself_one() {
    let (folder, _) = path_with("kubectl-ako_gate");
    let run = |arguments: &[&str]| {
        let output = Command::new(folder.path().join("kubectl-ako_gate")).args(arguments).output().unwrap();
        format!("{}{}", stdout(&output), String::from_utf8(output.stderr).unwrap())
    };
    for (arguments, usage) in [
        (&["--help"][..], "Usage: kubectl ako-gate <COMMAND>\n"),
        (&["check", "--help"], "Usage: kubectl ako-gate check [OPTIONS]"),
        (&["explain"], "Usage: kubectl ako-gate explain <RULE>\n"),
    ] {
        let text = run(arguments);
        assert!(text.contains(usage), "{text}");
    }
    for help in [run(&["--help"]), run(&["check", "--help"])] {
        let (_, examples) = help.split_once("Examples:\n").unwrap();
        let examples: Vec<&str> = examples.lines().filter(|line| line.contains("ako-gate ")).collect();
        assert!(
            examples.len() > 2 && examples.iter().all(|line| line.contains("kubectl ako-gate ")),
            "{help}"
        );
    }
}

#[test]
fn kubectl_finds_the_plug_in() {
    if is_left_out() {
        return;
    }
    let ready = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
    let kubectl = ready.unwrap_or_else(|| root().join("target/control-plane/1.36.3")).join("kubectl");
    assert!(kubectl.exists(), "{} is not built: make control-plane", kubectl.display());
    let example = shown("kubectl-ako_gate");
    let lines: Vec<&str> = example.lines().map(|line| line.strip_prefix("$ ").unwrap()).collect();
    let [link, check, explain] = lines[..] else { panic!("{example}") };
    let home = TempDir::new().unwrap();
    fs::create_dir_all(home.path().join(".local/bin")).unwrap();
    fs::create_dir(home.path().join("deploy")).unwrap();
    fs::copy(root().join(FAULTY), home.path().join("deploy/web.yaml")).unwrap();
    symlink(&kubectl, home.path().join(".local/bin/kubectl")).unwrap();
    let (_folder, path) = path_with("ako-gate");
    let run = |line: &str| {
        Command::new("bash")
            .args(["-c", line])
            .current_dir(home.path())
            .env("HOME", home.path())
            .env("PATH", format!("{}/.local/bin:{path}", home.path().display()))
            // no cluster is asked
            .env("KUBECONFIG", "/nowhere")
            .output()
            .unwrap()
    };
    assert!(run(link).status.success());
    let refused = run(check);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(stdout(&refused).contains(&format!("deny[{RULE}]")), "{refused:?}");
    let explained = run(explain);
    assert!(explained.status.success() && stdout(&explained).starts_with(RULE), "{explained:?}");
}
