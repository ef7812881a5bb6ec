//! What both benchmarks judge, and what they judge it with.

use std::fs;
use std::path::{Path, PathBuf};

use ako_gate::decode::{manifest, yaml};
use ako_gate::model::{Snapshot, Source};
use ako_gate::settings::Settings;

/// A file or folder of the project.
fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The bodies of the recorded reviews of this operation whose kind is `kind`, or of any kind; sorted by file name.
pub(crate) fn reviews(operation: &str, kind: Option<&str>) -> Vec<String> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(here("tests/reviews")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let bodies = files.iter().map(|file| fs::read_to_string(file).unwrap());
    let wanted = |body: &String| {
        let review: serde_json::Value = serde_json::from_str(body).unwrap();
        let request = &review["request"];
        request["operation"] == operation && kind.is_none_or(|kind| request["kind"]["kind"] == kind)
    };
    bodies.filter(wanted).collect()
}

/// The settings: the release the founding documents describe, on the cloud they describe it for.
pub(crate) fn settings() -> Settings {
    let mut settings = Settings::default();
    for pair in ["ako=1.9.3", "akoCloud=CLOUD_VCENTER"] {
        settings.stated.state_pair(pair, Source::Settings).unwrap();
    }
    settings
}

/// A small cluster, completely known: AKO's configuration, its `IngressClass`, a few Services.
pub(crate) fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot::complete();
    snapshot.from_cluster = true;
    snapshot.serves_routes = Some(false);
    for file in fs::read_dir(here("tests/examples/accepted")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        for document in yaml::parse(&text) {
            for stored in manifest::objects(document.unwrap(), "", None) {
                snapshot.insert(stored);
            }
        }
    }
    snapshot
}
