//! `ako-gate what-if`: what a change of release, cloud or configuration would do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context, bail};

use super::args::{WhatIfArgs, WhatIfFormat};
use super::cluster::Given;
use super::input::Input;
use super::output::Progress;
use super::{Outcome, cluster, common, input, judged, output};
use crate::decode::overlay::{self, Overlay};
use crate::facts::ako::era::RELEASES;
use crate::facts::profile;
use crate::model::profile::KEYS;
use crate::model::{Snapshot, Source, Stated, Stored};
use crate::plan::ako::{self, Only, Plan};
use crate::report::check::Unreadable;
use crate::report::html::{self, Differences};
use crate::report::what_if::path::{self, Path};
use crate::report::what_if::{Report, Side, human, json};
use crate::settings::Settings;

pub(super) fn run(args: &WhatIfArgs) -> Outcome {
    if args.paths.is_empty() && !args.cluster.live {
        bail!("nothing to change; name files, folders, or - for standard input, or pass --live");
    }
    let mut to = args.to.clone();
    let mut named = BTreeSet::new();
    to.retain(|pair| named.insert(pair.clone()));
    let (stated, overlays) = changes(&to)?;
    let settings = common::settings(&args.knowledge)?;
    let changed_by = |stated: Stated| Settings {
        stated: Stated::merge(stated, settings.stated.clone()),
        ..settings.clone()
    };
    let files = input::read(&args.paths, None, false);
    let context = input::read(&args.knowledge.context, None, false);
    let Given { cluster, inputs, context } =
        cluster::given(&args.cluster, &ako::READS, &args.paths, files, context)?;
    let before = side(&settings, cluster.as_ref(), &inputs, &context);
    let unreadable = || inputs.iter().chain(&context).flat_map(Input::unreadable).collect::<Vec<_>>();
    if args.upgrade_path {
        let at = |release: Stated| side(&changed_by(release), cluster.as_ref(), &inputs, &context);
        let unreadable = unreadable();
        let is_worse = upgrade_path(args.format, before, at, &unreadable)?;
        for unreadable in &unreadable {
            output::stderr(&format!("unreadable {}: {}\n", unreadable.place(), unreadable.message));
        }
        return Ok(if unreadable.is_empty() { u8::from(is_worse) } else { 2 });
    }
    let namespace = before.judged.profile.ako_namespace.value.clone();
    let (new_inputs, new_context) =
        (overlaid(&inputs, &overlays, &namespace), overlaid(&context, &overlays, &namespace));
    let touched = new_inputs.1 + new_context.1;
    if !overlays.is_empty() && touched == 0 {
        bail!("--to: there is no configuration of AKO among the inputs to set a value in");
    }
    let after = side(&changed_by(stated), cluster.as_ref(), &new_inputs.0, &new_context.0);
    let report = Report { to, before, after, unreadable: unreadable() };
    output::stdout(&match args.format {
        WhatIfFormat::Human => human::render(&report),
        WhatIfFormat::Json => json::render(&report),
        WhatIfFormat::Html => html::what_if(&report),
    })?;
    if !report.unreadable.is_empty() {
        return Ok(2);
    }
    Ok(u8::from(!report.worse().is_empty()))
}

/// Prints what changes at each release from the one in force to the newest; whether something gets worse.
fn upgrade_path(
    format: WhatIfFormat,
    from: Side,
    at: impl Fn(Stated) -> Side,
    unreadable: &[Unreadable],
) -> anyhow::Result<bool> {
    let start = from.judged.profile.ako.text.clone();
    match format {
        WhatIfFormat::Human => {
            let path = walk(Path::new(start), from, at, path::as_text)?;
            output::stdout(&path.render())?;
            Ok(path.is_worse())
        }
        WhatIfFormat::Json => {
            let path = walk(Path::new(start), from, at, path::as_value)?;
            output::stdout(&path.render())?;
            Ok(path.is_worse())
        }
        WhatIfFormat::Html => {
            let profile = from.judged.profile.clone();
            let path = walk(Path::new(start), from, at, Differences::of)?;
            output::stdout(&html::upgrade_path(&path, &profile, unreadable))?;
            Ok(path.is_worse())
        }
    }
}

fn walk<T>(
    mut path: Path<T>,
    from: Side,
    at: impl Fn(Stated) -> Side,
    form: fn(&Report) -> T,
) -> anyhow::Result<Path<T>> {
    let start = from.judged.profile.ako.value;
    let mut before = from;
    for release in RELEASES.iter().filter(|release| **release > start) {
        let (mut stated, text) = (Stated::default(), release.to_string());
        stated.state("ako", &text, Source::Flag)?;
        let report =
            Report { to: vec![format!("ako={text}")], before, after: at(stated), unreadable: Vec::new() };
        path.step(text, &report, form);
        before = report.after;
    }
    Ok(path)
}

/// What the change states about the environment, and what it sets in configurations. No pair is given twice.
fn changes(pairs: &[String]) -> anyhow::Result<(Stated, Vec<Overlay>)> {
    let (mut stated, mut overlays, mut given) = (Stated::default(), Vec::new(), BTreeMap::new());
    for pair in pairs {
        let Some((key, value)) = pair.split_once('=') else { bail!("--to {pair}: write it as KEY=VALUE") };
        if let Some(earlier) = given.insert(key, value) {
            bail!("--to {pair}: {key} is to be {earlier} already");
        }
        if let Some(overlay) = Overlay::of(key, value) {
            overlays.push(overlay.with_context(|| format!("--to {pair}"))?);
        } else if KEYS.contains(&key) {
            stated.state(key, value, Source::Flag).with_context(|| format!("--to {pair}"))?;
        } else {
            let settings = overlay::SETTINGS.map(|(name, _)| name).join(", ");
            bail!("--to {pair}: unknown key {key:?}; known keys: {}, {settings}", KEYS.join(", "));
        }
    }
    Ok((stated, overlays))
}

fn side(settings: &Settings, cluster: Option<&Snapshot>, inputs: &[Input], context: &[Input]) -> Side {
    let snapshot = judged::snapshot(cluster, inputs, context);
    let profile = profile::resolve(&settings.stated, &snapshot, None);
    let plan = Plan::of(&snapshot, &profile, Only::default());
    let progress = Progress::start("objects judged", false);
    let judged = judged::judge(false, settings, &snapshot, inputs, &judged::Old::default(), progress);
    Side { plan, judged }
}

/// The inputs with every configuration of AKO changed, and how many there were.
fn overlaid(inputs: &[Input], overlays: &[Overlay], namespace: &str) -> (Vec<Input>, usize) {
    let mut touched = 0;
    let mut object = |stored: &Arc<Stored>| {
        let mut current = Arc::clone(stored);
        for overlay in overlays {
            if let Some(changed) = overlay.apply(&current, namespace) {
                current = Arc::new(changed);
                touched += 1;
            }
        }
        current
    };
    let inputs = inputs.iter().map(|input| Input {
        file: input.file.clone(),
        objects: input.objects.iter().map(|(document, stored)| (*document, object(stored))).collect(),
        none_of: input.none_of.clone(),
        ..Input::default()
    });
    (inputs.collect(), touched)
}
