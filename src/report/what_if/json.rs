//! What a change would do, as JSON. Fields are only ever added.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::{Report, Told};
use crate::plan::ako::change::{Change, Pair};
use crate::plan::ako::{LeftOut, Plan};
use crate::report::check;
use crate::report::json::{Answer, Finding, Unreadable, answers};
use crate::report::plan::ako::{Filled, Left, Service, room};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    to: &'a [String],
    verdict: String,
    worse: Vec<String>,
    profile: Sides<BTreeMap<&'static str, Answer<'a>>>,
    findings: Changes<Vec<Finding<'a>>>,
    #[serde(flatten)]
    parts: Option<Parts<'a>>,
    unknown: BTreeSet<String>,
    unreadable: Vec<Unreadable<'a>>,
}

/// What differs between two plans.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Parts<'a> {
    ako: Sides<State<'a>>,
    virtual_services: Vec<Before<Service<'a>>>,
    pools: Vec<Pool<'a>>,
    static_routes: Changes<Vec<Route<'a>>>,
    left_out: Changes<Vec<Left<'a>>>,
}

#[derive(Debug, Serialize)]
struct Sides<T> {
    before: T,
    after: T,
}

#[derive(Debug, Serialize)]
struct Changes<T> {
    appear: T,
    vanish: T,
}

#[derive(Debug, Serialize)]
struct Before<T> {
    before: Option<T>,
    after: Option<T>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct State<'a> {
    config_accepted: bool,
    rejected_because: Option<&'static str>,
    crash: Option<&'a str>,
    ip_family_effective: &'a str,
}

#[derive(Debug, Serialize)]
struct Pool<'a> {
    change: &'static str,
    before: Option<Filled<'a>>,
    after: Option<Filled<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Route<'a> {
    prefix: &'a str,
    next_hop: &'a str,
    node: &'a str,
}

fn state(plan: &Plan) -> State<'_> {
    State {
        config_accepted: plan.rejected.is_none(),
        rejected_because: plan.rejected.as_ref().map(|rejected| rejected.code),
        crash: plan.crash.as_ref().map(|crash| crash.why.as_str()),
        ip_family_effective: &plan.ip_family,
    }
}

fn routes<'a>(routes: &[[&'a str; 3]]) -> Vec<Route<'a>> {
    routes.iter().map(|[node, prefix, next_hop]| Route { prefix, next_hop, node }).collect()
}

fn findings<'a>(told: Vec<Told<'a>>, judged: &'a check::Report) -> Vec<Finding<'a>> {
    told.into_iter().map(|(checked, one)| Finding::new(judged, checked, one)).collect()
}

fn left<'a>(left: &[&'a LeftOut]) -> Vec<Left<'a>> {
    left.iter().map(|left| Left::from(*left)).collect()
}

impl<'a> Parts<'a> {
    fn of(change: &Change<'a>) -> Self {
        let services = change.virtual_services.iter().map(|Pair { before, after }| Before {
            before: before.map(Service::from),
            after: after.map(Service::from),
        });
        let both = change.pools.iter().flat_map(|(_, pair)| [pair.before, pair.after]);
        let room = room(both.flatten());
        let pools = change.pools.iter().map(|(what, pair)| Pool {
            change: what.name(),
            before: pair.before.map(|pool| Filled::of(change.before, pool, room)),
            after: pair.after.map(|pool| Filled::of(change.after, pool, room)),
        });
        Self {
            ako: Sides { before: state(change.before), after: state(change.after) },
            virtual_services: services.collect(),
            pools: pools.collect(),
            static_routes: Changes {
                appear: routes(&change.routes_gained),
                vanish: routes(&change.routes_lost),
            },
            left_out: Changes { appear: left(&change.left_out_after), vanish: left(&change.left_out_before) },
        }
    }
}

fn document(report: &Report) -> Document<'_> {
    let (before, after) = (&report.before.judged, &report.after.judged);
    Document {
        api_version: "ako-gate/v1",
        to: &report.to,
        verdict: report.verdict(),
        worse: report.worse(),
        profile: Sides { before: answers(&before.profile), after: answers(&after.profile) },
        findings: Changes {
            appear: findings(report.appearing(), after),
            vanish: findings(report.vanishing(), before),
        },
        parts: report.change().as_ref().map(Parts::of),
        unknown: report.unknown(),
        unreadable: report.unreadable.iter().map(Unreadable::from).collect(),
    }
}

/// The change as a JSON value.
pub fn value(report: &Report) -> Value {
    // plain strings and numbers: there is nothing that could fail to serialize
    serde_json::to_value(document(report)).unwrap_or_default()
}

/// The change as JSON text.
pub fn render(report: &Report) -> String {
    let mut text = serde_json::to_string_pretty(&document(report)).unwrap_or_default();
    text.push('\n');
    text
}
