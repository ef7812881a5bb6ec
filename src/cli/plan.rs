//! `ako-gate plan`: what the products make of documents.

use anyhow::bail;

use super::args::{PlanArgs, PlanFormat};
use super::cluster::Given;
use super::input::Input;
use super::output::Progress;
use super::{Outcome, cluster, common, input, judged, output};
use crate::facts::cluster::egress;
use crate::facts::profile;
use crate::model::{Kind, Lookup, ObjectRef, Profile, Snapshot};
use crate::plan::Plan;
use crate::plan::ako::{self, Only};
use crate::report::html;
use crate::report::plan::{Ako, Planned, Report, human, json, svg};
use crate::settings::Settings;

const NOTHING: &str = "nothing to plan: among the inputs is no configuration of AKO (ConfigMap avi-k8s-config, AKOConfig, or \
                       the chart's values), no kOps Cluster and no AKS Engine model\n";

pub(super) fn run(args: &PlanArgs) -> Outcome {
    if args.paths.is_empty() && !args.cluster.live {
        bail!("nothing to plan; name files, folders, or - for standard input, or pass --live");
    }
    let settings = common::settings(&args.knowledge)?;
    let files = input::read(&args.paths, None, false);
    let context = input::read(&args.knowledge.context, None, false);
    let Given { cluster, inputs, context } =
        cluster::given(&args.cluster, &ako::READS, &args.paths, files, context)?;
    let snapshot = judged::snapshot(cluster.as_ref(), &inputs, &context);
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
    let ako = of_ako(args, &settings, &snapshot, &profile, &inputs)?;
    let stranded = egress::stranded(&snapshot, &profile);
    if planned.is_empty() && ako.is_none() {
        output::stderr(NOTHING);
    }
    let unreadable = inputs.iter().chain(&context).flat_map(Input::unreadable).collect();
    let report = Report { profile: &profile, ako, planned, stranded, unreadable };
    output::stdout(&match args.format {
        PlanFormat::Human => human::render(&report),
        PlanFormat::Json => json::render(&report),
        PlanFormat::Html => html::plan(&report),
        PlanFormat::Svg => match &report.ako {
            Some(ako) => svg::render(&ako.plan, &profile),
            None => {
                bail!("--format svg draws what AKO would program; its configuration is not among the inputs")
            }
        },
    })?;
    Ok(if report.unreadable.is_empty() { 0 } else { 2 })
}

/// What AKO would program, where its configuration is among the inputs.
fn of_ako(
    args: &PlanArgs,
    settings: &Settings,
    snapshot: &Snapshot,
    profile: &Profile,
    inputs: &[Input],
) -> anyhow::Result<Option<Ako>> {
    let service = args.service.as_deref().map(|name| service(name, snapshot)).transpose()?;
    let Some(plan) = ako::Plan::of(snapshot, profile, Only { service }) else {
        return Ok(None);
    };
    let progress = Progress::start("objects judged", false);
    let mut judged = judged::judge(false, settings, snapshot, inputs, &judged::Old::default(), progress);
    if let Some(service) = service {
        judged.checked.retain(|checked| concerns(&checked.object, &plan, service));
    }
    Ok(Some(Ako { plan, judged }))
}

/// Whether an object has to do with the one Service that is asked for: of those that serve and are served, the Service
/// itself and what leads to it.
fn concerns(object: &ObjectRef, plan: &ako::Plan, (namespace, service): (&str, &str)) -> bool {
    let is_own = object.namespace == namespace && object.name == service;
    let served = [Kind::Service, Kind::Ingress, Kind::Route, Kind::Endpoints, Kind::EndpointSlice];
    !served.iter().any(|kind| kind.name() == object.kind)
        || is_own && object.kind != Kind::Ingress.name()
        || plan.pools.iter().any(|pool| pool.owner == *object)
}

/// The one Service that is asked for.
fn service<'a>(name: &'a str, snapshot: &Snapshot) -> anyhow::Result<(&'a str, &'a str)> {
    let Some((namespace, service)) = name.split_once('/') else {
        bail!("--service {name}: write it as NAMESPACE/NAME");
    };
    if !matches!(snapshot.get(Kind::Service, namespace, service), Lookup::Found(_)) {
        bail!("--service {name}: there is no such Service among the inputs");
    }
    Ok((namespace, service))
}
