//! Transcripts: kubectl commands and exactly what they print, replayed against a real API server.
//!
//! A transcript is a text file. Its head is comment lines, one of which gives the gate's profile
//! (`# profile: ako=1.9.3 akoCloud=CLOUD_VCENTER`). A line `$ kubectl ...` is a command; lines that begin with `| `
//! below it are its standard input; what follows until the next command is what it prints, standard output first,
//! and `[exit N]` where it fails. `NAMESPACE` stands for the transcript's own namespace.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::control_plane::ControlPlane;

/// One command and what it is expected to print.
#[derive(Debug, Default)]
struct Step {
    command: String,
    comments: String,
    input: String,
    prints: String,
}

/// A transcript.
pub struct Transcript {
    path: PathBuf,
    head: String,
    /// `KEY=VALUE` entries of the gate's profile.
    pub profile: Vec<String>,
    steps: Vec<Step>,
}

/// The transcripts of a folder, in the order of their names.
pub fn all(folder: &Path) -> Vec<Transcript> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    paths.iter().map(|path| Transcript::read(path)).collect()
}

impl Transcript {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let (mut head, mut steps) = (String::new(), Vec::<Step>::new());
        let (mut comments, mut in_head) = (String::new(), true);
        for line in text.lines() {
            if let Some(command) = line.strip_prefix("$ kubectl ") {
                let comments = std::mem::take(&mut comments);
                steps.push(Step { command: command.to_owned(), comments, ..Step::default() });
            } else if line.starts_with("# ") {
                let place = if in_head { &mut head } else { &mut comments };
                place.push_str(&format!("{line}\n"));
            } else if line.is_empty() && in_head {
                in_head = false;
            } else if let Some(step) = steps.last_mut() {
                let place = if line.starts_with("| ") { &mut step.input } else { &mut step.prints };
                place.push_str(&format!("{}\n", line.strip_prefix("| ").unwrap_or(line)));
            }
        }
        let profile = head.lines().find_map(|line| line.strip_prefix("# profile: "));
        let profile = profile.unwrap_or_else(|| panic!("{}: no profile", path.display()));
        let profile = profile.split(' ').map(str::to_owned).collect();
        Self { path: path.to_owned(), head, profile, steps }
    }

    /// The settings that state its profile.
    pub fn settings(&self) -> String {
        let entries = self.profile.iter().map(|pair| pair.replacen('=', ": \"", 1) + "\"");
        let entries: Vec<String> = entries.collect();
        format!("apiVersion: ako-gate/v1\nkind: Settings\nprofile: {{{}}}\n", entries.join(", "))
    }

    /// The file's name without its ending.
    pub fn name(&self) -> String {
        self.path.file_stem().unwrap().to_string_lossy().into_owned()
    }

    /// Replays it; what differs, or nothing. With `bless` the file is rewritten instead.
    pub fn replay(&self, plane: &ControlPlane, bless: bool) -> Option<String> {
        let namespace = format!("t-{}", self.name());
        plane.must(&["create", "namespace", &namespace]);
        plane.must(&["config", "set-context", "--current", "--namespace", &namespace]);
        let mut text = self.head.clone();
        let mut differences = String::new();
        for step in &self.steps {
            let printed = run(plane, step, &namespace);
            if printed.trim_end() != step.prints.trim_end() {
                let wanted = step.prints.trim_end();
                differences.push_str(&format!(
                    "$ kubectl {}\n--- wanted\n{wanted}\n--- got\n{printed}\n",
                    step.command
                ));
            }
            let input = step.input.lines().fold(String::new(), |input, line| input + "| " + line + "\n");
            text.push_str(&format!(
                "\n{}$ kubectl {}\n{input}{}\n",
                step.comments,
                step.command,
                printed.trim_end()
            ));
        }
        // no controller empties the namespace; what is left in it would be judged with by the next transcript
        plane.must(&["delete", "services,ingresses", "--all"]);
        plane.must(&["delete", "namespace", &namespace, "--wait=false"]);
        if bless {
            fs::write(&self.path, text).unwrap();
            return None;
        }
        (!differences.is_empty()).then(|| format!("{}\n{differences}", self.path.display()))
    }
}

fn run(plane: &ControlPlane, step: &Step, namespace: &str) -> String {
    let arguments = words(&step.command.replace("NAMESPACE", namespace));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = plane.kubectl(&arguments, &step.input.replace("NAMESPACE", namespace));
    let mut printed = String::from_utf8_lossy(&output.stdout).into_owned();
    printed.push_str(&String::from_utf8_lossy(&output.stderr));
    if output.status.success() {
        // the gate learns of the change by its watch
        std::thread::sleep(Duration::from_millis(300));
    } else {
        printed.push_str(&format!("[exit {}]\n", output.status.code().unwrap_or(-1)));
    }
    printed.replace(namespace, "NAMESPACE")
}

/// Splits a command at blanks; what stands between single quotes is kept together.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in command.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}
