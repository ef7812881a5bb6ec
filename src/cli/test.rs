//! `ako-gate test`: case files, each with the verdict it must get.

use anyhow::bail;

use super::args::{TestArgs, TestFormat};
use super::input::{self, Source};
use super::{Outcome, common, output};
use crate::decode::{self, case};
use crate::engine::Judge;
use crate::facts::profile;
use crate::model::{Snapshot, Stated, Verdict};
use crate::report::cases::{NoCase, Ran, Run};
use crate::report::junit;
use crate::settings::Settings;

pub(super) fn run(args: &TestArgs) -> Outcome {
    if args.paths.is_empty() {
        bail!("nothing to test; name case files, folders of such, or - for standard input");
    }
    let settings = common::settings(&args.knowledge)?;
    let surroundings = common::context(&args.knowledge, Snapshot::complete())?;
    let mut run = Run::default();
    input::each(&args.paths, &mut |source: Source| {
        let file = source.file.clone();
        match differences(source, &settings, &surroundings) {
            Ok(differences) => run.ran.push(Ran { file, differences }),
            Err(why) => run.unreadable.push(NoCase { file, why }),
        }
    });
    output::stdout(&match args.format {
        TestFormat::Human => run.render(),
        TestFormat::Junit => junit::cases(&run),
    })?;
    if !run.unreadable.is_empty() {
        return Ok(2);
    }
    Ok(u8::from(run.failed().next().is_some()))
}

/// Judges one case; what keeps it from being one is the error.
fn differences(source: Source, settings: &Settings, surroundings: &Snapshot) -> Result<Vec<String>, String> {
    let text = decode::file::text(source.bytes?);
    let case = case::parse(&text).map_err(|error| error.to_string())?;
    let Some(request) = case.request() else {
        return Ok(case.differences(&Verdict::default()));
    };
    let snapshot = case.snapshot(surroundings.clone());
    let stated = Stated::merge(case.stated.clone(), settings.stated.clone());
    let profile = profile::resolve(&stated, &snapshot, Some(request.subject));
    let judge = Judge {
        snapshot: &snapshot,
        profile: &profile,
        settings,
        today: common::today(),
        door: case.door(),
        within_budget: &|| true,
        explain: false,
    };
    let mut differences = case.differences(&judge.judge(&request));
    differences.extend(case.differences_of_plan(&profile));
    Ok(differences)
}
