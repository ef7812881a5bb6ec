//! Files judged: what exists beside them, a verdict for each object, and the report in the form asked for.

use std::collections::BTreeMap;

use super::args::{CheckArgs, FailOn, Format};
use super::input::Input;
use super::output::Progress;
use super::{common, output};
use crate::engine::Judge;
use crate::facts::profile;
use crate::model::{Kind, Object, Request, Seen, Snapshot};
use crate::report::check::{Checked, Report};
use crate::report::text::shown;
use crate::report::{github, html, human, json, junit, sarif};
use crate::settings::{Door, Settings};

/// What exists: everything that was given, and what the cluster holds. Without a cluster a kind of which nothing was
/// given is unknown, and so is what a rule would look up of it (design 6); AKO's configuration is the exception, since
/// it has defaults.
pub(super) fn snapshot(cluster: Option<&Snapshot>, inputs: &[Input], context: &[Input]) -> Snapshot {
    let mut snapshot = cluster.cloned().unwrap_or_default();
    if cluster.is_none() {
        for kind in [Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues] {
            snapshot.mark(kind, Seen::Completely);
        }
    }
    // files win over what surrounds them, later files over earlier ones
    for input in context.iter().chain(inputs) {
        for kind in &input.none_of {
            snapshot.mark(*kind, Seen::Completely);
        }
        for (_, stored) in &input.objects {
            if let (Some(kind), None) = (stored.object().kind(), cluster) {
                snapshot.mark(kind, Seen::Completely);
            }
            snapshot.insert_shared(stored);
        }
    }
    snapshot
}

/// What the files were before.
#[derive(Default)]
pub(super) struct Old<'a> {
    objects: BTreeMap<(Option<Kind>, &'a str, &'a str), Object<'a>>,
    /// Documents that are named after their files, which may have another name now.
    documents: BTreeMap<Kind, Vec<Object<'a>>>,
}

impl<'a> Old<'a> {
    pub(super) fn of(inputs: &'a [Input]) -> Self {
        let mut old = Self { objects: BTreeMap::new(), documents: BTreeMap::new() };
        for (_, stored) in inputs.iter().flat_map(|input| &input.objects) {
            let object = stored.object();
            old.objects.entry(object.identity()).or_insert(object);
            if let Some(kind) = object.kind().filter(|kind| kind.is_document()) {
                old.documents.entry(kind).or_default().push(object);
            }
        }
        old
    }

    /// The object that `subject` replaces: the one of the same identity, or the only document of its kind.
    fn replaced(&self, subject: Object<'_>) -> Option<Object<'a>> {
        let only = || match self.documents.get(&subject.kind()?)?.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        self.objects.get(&subject.identity()).copied().or_else(only)
    }
}

/// Judges every object of the inputs.
pub(super) fn judge(
    explain: bool,
    settings: &Settings,
    snapshot: &Snapshot,
    inputs: &[Input],
    old: &Old<'_>,
    mut progress: Progress,
) -> Report {
    let profile = profile::resolve(&settings.stated, snapshot, None);
    let judge = Judge {
        snapshot,
        profile: &profile,
        settings,
        today: common::today(),
        door: Door::Check,
        within_budget: &|| true,
        explain,
    };
    let mut checked = Vec::new();
    let objects = inputs.iter().flat_map(|input| input.objects.iter().map(move |object| (input, object)));
    for (Input { file, .. }, (document, stored)) in objects {
        let subject = stored.object();
        let request = match old.replaced(subject) {
            Some(old) => Request::update(old, subject),
            None => Request::create(subject),
        };
        let verdict = judge.judge(&request);
        progress.advance();
        if explain {
            let head = shown(&format!("{file}: {}", subject.reference()));
            output::stderr(&format!("{head}\n{}", human::why(&verdict)));
        }
        checked.push(Checked {
            object: subject.reference(),
            file: file.clone(),
            document: *document,
            verdict,
        });
    }
    progress.end();
    Report { profile, checked, unreadable: Vec::new() }
}

/// The exit code that a report calls for.
pub(super) fn ended(args: &CheckArgs, report: &Report) -> u8 {
    if !report.unreadable.is_empty() {
        return 2;
    }
    let counts = report.counts();
    u8::from(counts.deny > 0 || (args.fail_on == FailOn::Warn && counts.warn > 0))
}

/// A report in the form asked for.
pub(super) fn rendered(args: &CheckArgs, report: &Report, inputs: &[Input]) -> String {
    let folder = std::env::current_dir().unwrap_or_default().to_string_lossy().into_owned();
    match args.format {
        Format::Human => {
            let texts: BTreeMap<&str, &str> =
                inputs.iter().map(|input| (input.file.as_str(), input.text.as_str())).collect();
            let source = |file: &str| texts.get(file).copied();
            human::render(report, source, output::is_coloured(args.color), args.quiet)
        }
        Format::Json => json::render(report),
        Format::Yaml => json::render_yaml(report),
        Format::Sarif => sarif::render(report, &folder),
        Format::Junit => junit::check(report),
        Format::Github => github::render(report, &folder),
        Format::Html => html::check(report),
    }
}
