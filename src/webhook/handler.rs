//! One review: bytes in, bytes out. Nothing here asks the API server, and nothing waits but a change that concerns many
//! objects, which lets other reviews pass.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use jiff::civil::Date;

use super::conditions::{is_asked_for, is_probe};
use super::pace::{BUDGET, Pace};
use super::probe;
use crate::decode::review::Review;
use crate::engine::Judge;
use crate::facts::ako::release::is_ako;
use crate::facts::profile;
use crate::model::{Action, Kind, Operation, Request, Verdict};
use crate::process::metrics::{Metrics, ReviewLabels, RuleLabels};
use crate::process::traces;
use crate::process::world::{Current, World};
use crate::report::admission::{self, AdmissionReview};
use crate::settings::Door;

/// Kinds whose changes raise questions about many objects.
const HAS_DEPENDANTS: [Kind; 4] =
    [Kind::ConfigMap, Kind::AKOConfig, Kind::AviInfraSetting, Kind::StatefulSet];

/// So many objects are judged at once before another thread is asked to take over the connections.
const MANY: usize = 100;

/// What the handler needs.
pub struct Gate {
    /// What it judges with.
    pub current: Arc<Current>,
    /// What it counts.
    pub metrics: Arc<Metrics>,
    /// The day; handed in so that tests can choose it.
    pub today: fn() -> Date,
}

/// Answers a review. Fails only when there is no uid to answer to.
pub fn answer(gate: &Gate, body: &[u8]) -> Result<Vec<u8>, String> {
    let started = Instant::now();
    let text = std::str::from_utf8(body).map_err(|_| "the body is not UTF-8".to_owned())?;
    let review = Review::parse(text).map_err(|error| format!("the body is not JSON: {error}"))?;
    let uid = review.uid().ok_or("the body has no request.uid")?;
    let version = review.api_version();
    let world = gate.current.load();
    let (answer, labels) = match review.request() {
        Ok(request) => judge(gate, &world, &review, &request, version, uid),
        Err(error) => {
            let (uid, why) = (uid, error.to_string());
            tracing::warn!(uid, kind = review.kind(), why, "answered a review that cannot be decoded");
            let answer = admission::undecided(version, uid, world.settings.unknown, &why);
            (answer, ReviewLabels { operation: "", verdict: "undecided" })
        }
    };
    traces::answered(uid, &labels);
    let json = answer.to_json();
    gate.metrics.reviews.get_or_create(&labels).inc();
    gate.metrics.review_duration.get_or_create(&labels).observe(started.elapsed().as_secs_f64());
    Ok(json)
}

fn judge<'a>(
    gate: &Gate,
    world: &World,
    review: &Review,
    request: &Request<'_>,
    version: &'a str,
    uid: &'a str,
) -> (AdmissionReview<'a>, ReviewLabels) {
    let labels = |verdict: &'static str| ReviewLabels { operation: name(request.operation), verdict };
    if !is_asked_for(request) {
        return (admission::allow(version, uid), labels("allowed"));
    }
    if is_probe(request) {
        if review.namespace() != world.settings.probe_namespace {
            return (admission::allow(version, uid), labels("allowed"));
        }
        let nonce = request.subject.root().at("data").at(probe::NONCE).text();
        return (admission::probe(version, uid, nonce), labels("probed"));
    }
    if request.subject.kind().is_none() {
        gate.metrics.unknown_kinds.inc();
    }
    let Ok(verdict) = catch_unwind(AssertUnwindSafe(|| verdict(gate, world, request))) else {
        tracing::error!(uid, kind = review.kind(), name = review.name(), "a rule panicked; this is a bug");
        let why = "an internal error; please report it";
        return (admission::undecided(version, uid, world.settings.unknown, why), labels("undecided"));
    };
    let incomplete = (!world.complete).then_some(world.settings.unknown);
    let object = || request.subject.reference();
    let answer = admission::answer(version, uid, object, &verdict, incomplete);
    let outcome = match (answer.is_allowed(), verdict.warnings().next()) {
        (false, _) => "denied",
        (true, Some(_)) => "warned",
        (true, None) => "allowed",
    };
    record(gate, review, &verdict, outcome);
    (answer, labels(outcome))
}

fn verdict(gate: &Gate, world: &World, request: &Request<'_>) -> Verdict {
    let started = Instant::now();
    // a StatefulSet of AKO brings its own release, and the first object of AKO brings AKO into play
    let own = (is_ako(request.subject) || !world.profile.ako_in_play)
        .then(|| profile::resolve(&world.settings.stated, &world.snapshot, Some(request.subject)));
    let judge = Judge {
        snapshot: &world.snapshot,
        profile: own.as_ref().unwrap_or(&world.profile),
        settings: &world.settings,
        today: (gate.today)(),
        door: Door::Webhook,
        within_budget: &|| started.elapsed() < BUDGET,
        explain: false,
    };
    let count = || [Kind::Service, Kind::Ingress, Kind::Node].map(|kind| world.snapshot.count(kind));
    let has_dependants = request.subject.kind().is_some_and(|kind| HAS_DEPENDANTS.contains(&kind))
        && count().iter().sum::<usize>() > MANY;
    let on_runtime = tokio::runtime::Handle::try_current()
        .is_ok_and(|handle| handle.runtime_flavor() == tokio::runtime::RuntimeFlavor::MultiThread);
    if has_dependants && on_runtime {
        let pace = Pace::new(started);
        let judge = Judge { within_budget: &|| pace.goes_on(), ..judge };
        tokio::task::block_in_place(|| judge.judge(request))
    } else {
        judge.judge(request)
    }
}

fn name(operation: Operation) -> &'static str {
    match operation {
        Operation::Create => "CREATE",
        Operation::Update => "UPDATE",
        Operation::Delete => "DELETE",
        Operation::Connect => "CONNECT",
    }
}

/// The counts of every finding, and a log line for a denial; for whatever else was found on level `debug`.
fn record(gate: &Gate, review: &Review, verdict: &Verdict, outcome: &'static str) {
    let counted = || verdict.findings.iter().filter(|judged| judged.action != Action::Off);
    for judged in counted() {
        let labels = RuleLabels { rule: judged.finding.rule, action: judged.action.name() };
        gate.metrics.findings.get_or_create(&labels).inc();
    }
    macro_rules! log {
        ($level:ident, $findings:expr) => {
            tracing::$level!(
                uid = review.uid(),
                user = review.user(),
                kind = review.kind(),
                namespace = review.namespace(),
                name = review.name(),
                rules = $findings.map(|judged| judged.finding.rule).collect::<Vec<_>>().join(","),
                verdict = outcome,
                "answered a review"
            )
        };
    }
    match outcome {
        "denied" => log!(info, verdict.denials()),
        _ if !verdict.findings.is_empty() => log!(debug, counted()),
        _ => {}
    }
}
