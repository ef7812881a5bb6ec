//! `ako-gate review`: the webhook's answer to one review, without a webhook.

use anyhow::{Context, bail};

use super::args::ReviewArgs;
use super::{Outcome, common, output};
use crate::decode::review::Review;
use crate::engine::Judge;
use crate::facts::profile;
use crate::model::{Snapshot, Verdict};
use crate::report::{admission, human};
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
        output::stderr(&human::why(&verdict));
    }
    let mut json = String::from_utf8(answer.to_json()).context("failed to write the answer")?;
    json.push('\n');
    output::stdout(&json)?;
    Ok(u8::from(!answer.is_allowed()))
}
