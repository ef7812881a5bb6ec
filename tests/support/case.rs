//! Case files: a request, what surrounds it, and the verdict it must get.

use std::fs;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use ako_gate::decode::case;
use ako_gate::engine::Judge;
use ako_gate::facts::profile;
use ako_gate::model::{Kind, Node, Operation, Snapshot, Verdict};
use ako_gate::settings::Settings;
use serde_json::{Value, json};

use super::{json, review};

/// One case, and where it stands.
pub struct Case {
    pub path: PathBuf,
    case: case::Case,
}

impl Deref for Case {
    type Target = case::Case;

    fn deref(&self) -> &case::Case {
        &self.case
    }
}

impl DerefMut for Case {
    fn deref_mut(&mut self) -> &mut case::Case {
        &mut self.case
    }
}

/// Every case below `folder`, in the order of their paths.
pub fn all(folder: &Path) -> Vec<Case> {
    let mut paths = Vec::new();
    collect(folder, &mut paths);
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            paths.push(path);
        }
    }
}

/// Reads a case; a malformed one is a mistake in the tests.
pub fn read(path: &Path) -> Case {
    let case = case::parse(&fs::read_to_string(path).unwrap());
    let case = case.unwrap_or_else(|error| panic!("{}:{error}", path.display()));
    Case { path: path.to_owned(), case }
}

impl Case {
    /// Whether it can be a file: it writes an object.
    pub fn is_written(&self) -> bool {
        let operation = self.request().map(|request| request.operation);
        let writes = matches!(operation, Some(Operation::Create | Operation::Update));
        writes && self.subresource.is_empty() && self.object.is_some()
    }

    /// Writes it to a folder, its object as `write` writes it; the arguments that judge it there as JSON.
    pub fn write_to(&self, folder: &Path, write: impl Fn(&Value) -> String) -> Vec<String> {
        let document = Node::root(&self.document);
        // documents without a kind are named after their file
        let file = |part: &str, text: String| {
            fs::create_dir_all(folder.join(part)).unwrap();
            fs::write(folder.join(part).join("values.yaml"), text).unwrap();
            folder.join(part).to_str().unwrap().to_owned()
        };
        let new = file("new", write(&json::value(document.at("object"))));
        let none = |kind: &Kind| {
            let group = kind.group();
            let version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
            let list = json!({"kind": format!("{}List", kind.name()), "apiVersion": version, "items": []});
            format!("---\n{list}\n")
        };
        let none: String = Kind::ALL.iter().map(none).collect();
        let context = file("context", none + &review::context(self));
        let mut arguments: Vec<String> =
            ["check", "-q", "--format", "json", &new, "--context", &context].map(str::to_owned).into();
        if self.old.is_some() {
            let old = file("old", json::value(document.at("oldObject")).to_string());
            arguments.extend(["--old".to_owned(), old]);
        }
        arguments.extend(self.profile.iter().flat_map(|pair| ["--profile".to_owned(), pair.clone()]));
        arguments
    }

    /// What exists.
    pub fn snapshot(&self) -> Snapshot {
        self.case.snapshot(Snapshot::complete())
    }

    /// How the plan differs from what is expected of it.
    pub fn differences_of_plan(&self) -> Vec<String> {
        let snapshot = self.snapshot();
        self.case.differences_of_plan(&profile::resolve(&self.stated, &snapshot, self.subject()))
    }

    /// The engine's verdict, with default settings.
    pub fn judge(&self) -> Verdict {
        let Some(request) = self.request() else {
            return Verdict::default();
        };
        let (snapshot, settings) = (self.snapshot(), Settings::default());
        let judge = Judge {
            snapshot: &snapshot,
            profile: &profile::resolve(&self.stated, &snapshot, Some(request.subject)),
            settings: &settings,
            today: jiff::civil::date(2026, 1, 1),
            door: self.door(),
            within_budget: &|| true,
            explain: true,
        };
        judge.judge(&request)
    }
}
