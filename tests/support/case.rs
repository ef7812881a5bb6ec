//! Case files: a request, what surrounds it, and the verdict it must get.

use std::fs;
use std::path::{Path, PathBuf};

use ako_gate::decode::{manifest, yaml};
use ako_gate::engine::Judge;
use ako_gate::facts::profile;
use ako_gate::model::{
    Document, Node, Object, Operation, Request, Snapshot, Source, Stated, Stored, Verdict,
};
use ako_gate::settings::{Door, Settings};

/// One case.
pub struct Case {
    pub path: PathBuf,
    pub name: String,
    pub stated: Stated,
    pub profile: Vec<String>,
    pub context: Vec<Stored>,
    pub operation: String,
    pub subresource: String,
    pub old: Option<Stored>,
    pub object: Option<Stored>,
    pub expect_allowed: bool,
    pub expect_warn: bool,
    pub expect_fields: Vec<String>,
    /// The document, for doors that want the objects as text.
    pub document: Document,
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
    let text = fs::read_to_string(path).unwrap();
    let document = yaml::parse_one(&text).unwrap_or_else(|error| panic!("{}:{error}", path.display()));
    let root = Node::root(&document);
    for child in root.children() {
        let known = [
            "name",
            "source",
            "profile",
            "context",
            "operation",
            "subResource",
            "oldObject",
            "object",
            "expect",
        ];
        assert!(known.contains(&child.key()), "{}: unknown key {:?}", path.display(), child.key());
    }
    let mut stated = Stated::default();
    let mut pairs = Vec::new();
    for entry in root.at("profile").children() {
        let said = stated.state(entry.key(), entry.text(), Source::Flag);
        said.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        pairs.push(format!("{}={}", entry.key(), entry.text()));
    }
    let detach = |node: Node<'_>| manifest::detach(&document, node, "values.yaml");
    let expect = root.at("expect");
    let flag = |key: &str| expect.at(key).as_bool().unwrap_or_else(|| panic!("{}: no {key}", path.display()));
    Case {
        name: root.at("name").text().to_owned(),
        stated,
        profile: pairs,
        context: root.at("context").items().filter_map(detach).collect(),
        operation: root.at("operation").text().to_owned(),
        subresource: root.at("subResource").text().to_owned(),
        old: Some(root.at("oldObject")).filter(|node| !node.is_nothing()).and_then(detach),
        object: Some(root.at("object")).filter(|node| !node.is_nothing()).and_then(detach),
        expect_allowed: flag("allowed"),
        expect_warn: flag("warn"),
        expect_fields: expect.at("fields").items().map(|field| field.text().to_owned()).collect(),
        path: path.to_owned(),
        document,
    }
}

impl Case {
    /// What exists.
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::complete();
        self.context.iter().cloned().for_each(|stored| snapshot.insert(stored));
        snapshot
    }

    /// The subject; `None` for kinds no rule knows.
    pub fn subject(&self) -> Option<Object<'_>> {
        self.object.as_ref().or(self.old.as_ref()).map(Stored::object)
    }

    pub fn request(&self) -> Option<Request<'_>> {
        let operation = match self.operation.as_str() {
            "CHECK" => Operation::Create,
            text => text.parse::<Operation>().unwrap(),
        };
        let old = self.old.as_ref().map(Stored::object);
        Some(Request { old, operation, subresource: &self.subresource, ..Request::create(self.subject()?) })
    }

    /// The engine's verdict, with default settings.
    pub fn judge(&self) -> Verdict {
        let Some(request) = self.request() else {
            return Verdict::default();
        };
        let (snapshot, settings) = (self.snapshot(), Settings::default());
        let profile = profile::resolve(&self.stated, &snapshot, Some(request.subject));
        let judge = Judge {
            snapshot: &snapshot,
            profile: &profile,
            settings: &settings,
            today: jiff::civil::date(2026, 1, 1),
            door: Door::Webhook,
            within_budget: &|| true,
            explain: true,
        };
        judge.judge(&request)
    }

    /// How a verdict differs from what is expected; empty when it does not.
    pub fn differences(&self, verdict: &Verdict) -> Vec<String> {
        let mut differences = Vec::new();
        if verdict.is_allowed() != self.expect_allowed {
            differences.push(format!("allowed is {}", verdict.is_allowed()));
        }
        let warned = verdict.warnings().next().is_some();
        if self.expect_allowed && warned != self.expect_warn {
            differences.push(format!("warn is {warned}"));
        }
        let blamed: Vec<&str> = verdict.denials().map(|judged| judged.finding.field.as_str()).collect();
        for field in self.expect_fields.iter().filter(|field| !blamed.contains(&field.as_str())) {
            differences.push(format!("{field} is not blamed"));
        }
        if !differences.is_empty() {
            let found = verdict
                .findings
                .iter()
                .map(|j| format!("{} {} {}", j.action.name(), j.finding.rule, j.finding.field));
            differences.extend(found.map(|line| format!("found: {line}")));
            differences.extend(verdict.skipped.iter().map(|s| format!("skipped: {}: {}", s.rule, s.why)));
        }
        differences
    }
}
