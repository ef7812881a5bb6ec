//! `ako-gate review`: the webhook's answer to one review, without a webhook.

use anyhow::{Context, bail};

use super::args::ReviewArgs;
use super::{Outcome, common, output};
use crate::decode::review::Review;
use crate::engine::Judge;
use crate::facts::profile;
use crate::model::{Action, Snapshot, Verdict};
use crate::report::admission;
use crate::settings::Door;

pub(super) fn run(args: &ReviewArgs) -> Outcome {
    let settings = common::settings(&args.knowledge)?;
    let snapshot = common::context(&args.knowledge, Snapshot::complete())?;
    let text = common::read_input(args.file.as_ref())?;
    let review = Review::parse(&text).context("not an AdmissionReview")?;
    if !review.is_admission_review() {
        bail!("not an AdmissionReview: its kind is something else");
    }
    let Some(uid) = review.uid() else { bail!("not an AdmissionReview: request.uid is missing") };
    let version = review.api_version();
    let (answer, verdict) = match review.request() {
        Ok(request) => {
            let judge = Judge {
                snapshot: &snapshot,
                profile: &profile::resolve(&settings.stated, &snapshot, Some(request.subject)),
                settings: &settings,
                today: common::today(),
                door: Door::Webhook,
                within_budget: &|| true,
                explain: args.why,
            };
            let verdict = judge.judge(&request);
            let object = || request.subject.reference();
            (admission::answer(version, uid, object, &verdict, None), verdict)
        }
        Err(error) => {
            let answer = admission::undecided(version, uid, settings.unknown, &error.to_string());
            (answer, Verdict::default())
        }
    };
    if args.why {
        output::stderr(&why(&verdict));
    }
    let mut json = String::from_utf8(answer.to_json()).context("failed to write the answer")?;
    json.push('\n');
    output::stdout(&json)?;
    Ok(u8::from(!answer.is_allowed()))
}

fn why(verdict: &Verdict) -> String {
    let mut text = String::new();
    for (name, fact) in &verdict.facts {
        text.push_str(&format!("{name}: {fact}\n"));
    }
    for assumed in &verdict.assumed {
        text.push_str(&format!("note: {assumed}\n"));
    }
    for considered in &verdict.considered {
        let skipped = verdict.skipped.iter().find(|skipped| skipped.rule == considered.rule);
        let why = skipped.map(|skipped| format!(": {}", skipped.why)).unwrap_or_default();
        text.push_str(&format!("{:<8}{}{why}\n", considered.outcome, considered.rule));
    }
    for judged in verdict.findings.iter().filter(|judged| judged.action != Action::Deny) {
        let name = judged.action.name();
        text.push_str(&format!("{name}: {}: {}\n", judged.finding.rule, judged.finding.message));
    }
    text
}
