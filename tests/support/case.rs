//! Case files: a request, what surrounds it, and the verdict it must get.

use std::fs;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use ako_gate::decode::case;
use ako_gate::engine::Judge;
use ako_gate::facts::profile;
use ako_gate::model::{Snapshot, Verdict};
use ako_gate::settings::Settings;

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
