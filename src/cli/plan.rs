//! `ako-gate plan`: what the products make of documents.

use anyhow::bail;

use super::args::{PlanArgs, PlanFormat};
use super::input::Input;
use super::{Outcome, check, common, input, output};
use crate::facts::profile;
use crate::plan::Plan;
use crate::report::plan::{Planned, Report, human, json};

pub(super) fn run(args: &PlanArgs) -> Outcome {
    if args.paths.is_empty() {
        bail!("nothing to plan; name files, folders, or - for standard input");
    }
    let settings = common::settings(&args.knowledge)?;
    let inputs = input::read(&args.paths, None, false);
    let context = input::read(&args.knowledge.context, None, false);
    let snapshot = check::snapshot(None, &inputs, &context);
    let profile = profile::resolve(&settings.stated, &snapshot, None);
    let objects = inputs
        .iter()
        .flat_map(|input| input.objects.iter().map(move |(document, stored)| (input, *document, stored)));
    let planned = objects.filter_map(|(input, document, stored)| {
        let (object, file) = (stored.object(), input.file.clone());
        let plan = Plan::of(object, &profile)?;
        Some(Planned { object: object.reference(), file, document, plan })
    });
    let planned: Vec<Planned<'_>> = planned.collect();
    if planned.is_empty() {
        output::stderr("nothing to plan: no kOps Cluster and no AKS Engine model among the inputs\n");
    }
    let unreadable = inputs.iter().chain(&context).flat_map(Input::unreadable).collect();
    let report = Report { profile: &profile, planned, unreadable };
    output::stdout(&match args.format {
        PlanFormat::Human => human::render(&report),
        PlanFormat::Json => json::render(&report),
    })?;
    Ok(if report.unreadable.is_empty() { 0 } else { 2 })
}
