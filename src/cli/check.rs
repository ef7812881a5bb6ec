//! `ako-gate check`: files judged together, each both subject and context of the others; or what a cluster holds.

use std::path::PathBuf;

use anyhow::bail;

use super::args::CheckArgs;
use super::cluster::Given;
use super::input::{self, Input};
use super::judged::{Old, ended, judge, rendered, snapshot};
use super::output::Progress;
use super::{Outcome, baseline, cluster, common, fix, output};
use crate::model::Kind;

pub(super) fn run(args: &CheckArgs) -> Outcome {
    if args.paths.is_empty() && !args.cluster.live {
        bail!("nothing to check; name files, folders, or - for standard input, or pass --live");
    }
    let settings = common::settings(&args.knowledge)?;
    let as_kind = args.as_kind.as_deref().map(kind_named).transpose()?;
    let read = |paths: &[PathBuf]| input::read(paths, as_kind, args.quiet);
    let (files, context, old) = (read(&args.paths), read(&args.knowledge.context), read(&args.old));
    let Given { cluster, inputs, context } = cluster::given(&args.cluster, &[], &args.paths, files, context)?;
    let replaced = Old::of(&old);
    let judged = |inputs: &[Input]| {
        let snapshot = snapshot(cluster.as_ref(), inputs, &context);
        let progress = Progress::start("objects judged", args.quiet);
        let mut report = judge(args.why, &settings, &snapshot, inputs, &replaced, progress);
        let read = inputs.iter().chain(&context).chain(&old);
        report.unreadable = read.flat_map(Input::unreadable).collect();
        let mut report = baseline::apply(args, report)?;
        fix::find(&mut report, inputs);
        Ok(report)
    };
    let report = judged(&inputs)?;
    if args.fix {
        return fix::run(args, inputs, report, &|inputs| judged(inputs), as_kind);
    }
    output::stdout(&rendered(args, &report, &inputs))?;
    Ok(ended(args, &report))
}

fn kind_named(name: &str) -> anyhow::Result<Kind> {
    let kind = Kind::ALL.iter().find(|kind| kind.name() == name && kind.is_document());
    let Some(kind) = kind else { bail!("--as {name}: a document without a kind can be HelmValues") };
    Ok(*kind)
}
