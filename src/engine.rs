//! Judging: which rules apply, what they find, and what is done about it.
//!
//! Policy that is no rule's business lives here once: what is never judged (ako.md A40), the ratchet (A41),
//! actions and exemptions, the order of findings.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod dependants;
pub mod why;

use std::cell::OnceCell;

use jiff::civil::Date;

use crate::facts::View;
use crate::model::verdict::{Considered, Judged, Lowered, Skipped, Verdict};
use crate::model::{Action, Finding, Object, Operation, Profile, Request, Snapshot, Source};
use crate::rule::{Context, Findings, Rule};
use crate::rules;
use crate::settings::{Door, Settings};

/// Everything a verdict depends on beside the request.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// What exists.
    pub snapshot: &'a Snapshot,
    /// The environment.
    pub profile: &'a Profile,
    /// Actions and exemptions.
    pub settings: &'a Settings,
    /// The day, for exemptions that expire.
    pub today: Date,
    /// The door the request came in by.
    pub door: Door,
    /// Whether questions about many objects may go on.
    pub within_budget: &'a dyn Fn() -> bool,
    /// Whether to say how each rule ended.
    pub explain: bool,
}

#[derive(Default)]
struct Run {
    findings: Vec<(&'static Rule, Finding)>,
    skipped: Vec<Skipped>,
    considered: Vec<Considered>,
    facts: Vec<(String, String)>,
}

impl Judge<'_> {
    /// Judges one request.
    pub fn judge(&self, request: &Request<'_>) -> Verdict {
        if is_never_judged(request) {
            return Verdict::default();
        }
        let run = self.run(request, self.explain);
        let some_only_if_allowed = run.findings.iter().any(|(rule, _)| rule.only_if_allowed);
        let mut findings: Vec<Judged> =
            run.findings.into_iter().map(|(rule, finding)| self.decide(rule, finding)).collect();
        if findings.iter().any(|judged| judged.action == Action::Deny) {
            self.ratchet(request, &mut findings);
        }
        if some_only_if_allowed && findings.iter().any(|judged| judged.action == Action::Deny) {
            findings
                .retain(|judged| !rules::find(judged.finding.rule).is_some_and(|rule| rule.only_if_allowed));
        }
        dependants::drop_general(&mut findings);
        findings.sort_by(|a, b| (&a.finding.field, a.finding.rule).cmp(&(&b.finding.field, b.finding.rule)));
        let assumed = assumptions(self.profile, &findings);
        Verdict { findings, skipped: run.skipped, assumed, considered: run.considered, facts: run.facts }
    }

    /// Runs every rule that applies to the request's subject.
    fn run(&self, request: &Request<'_>, explain: bool) -> Run {
        let subject = request.subject;
        // not cheap, and asked for by more than one rule
        let broken = OnceCell::new();
        let breaks = || broken.get_or_init(|| dependants::broken_by(self, request)).clone();
        let cx = Context {
            view: View::new(self.snapshot, subject, request.old, self.profile, self.within_budget),
            operation: request.operation,
            requester: request.requester,
            breaks: &breaks,
        };
        let mut out = Findings::default();
        let mut run = Run::default();
        let Some(kind) = subject.kind() else { return run };
        let mut out_of_play = false;
        for rule in rules::of_kind(kind) {
            if !self.profile.ako_in_play && rule.product() == "ako" {
                out_of_play = true;
                continue;
            }
            if rule.about_dependants && self.door == Door::Reconcile {
                continue;
            }
            let outcome = self.run_rule(rule, &cx, &mut out, &mut run, subject);
            if explain {
                run.considered.push(Considered { rule: rule.name, outcome });
            }
        }
        if out_of_play {
            let why = "no sign of AKO; pass --profile ako=RELEASE".to_owned();
            run.skipped.push(Skipped { rule: "ako/*", object: subject.reference(), why });
        }
        if explain {
            run.facts = why::facts(&cx.view);
        }
        run
    }

    fn run_rule(
        &self,
        rule: &'static Rule,
        cx: &Context<'_>,
        out: &mut Findings,
        run: &mut Run,
        subject: Object<'_>,
    ) -> &'static str {
        if self.settings.action(rule, self.door) == Action::Off {
            return "off";
        }
        let mut skip = |why: String| {
            run.skipped.push(Skipped { rule: rule.name, object: subject.reference(), why });
            "skipped"
        };
        out.rule = rule.name;
        let decided = (rule.check)(cx, out);
        let fired = !out.is_empty();
        if fired {
            run.findings.extend(out.found.drain(..).map(|finding| (rule, finding)));
        }
        match decided {
            Err(unknown) => skip(unknown.0),
            Ok(()) if fired => "fired",
            Ok(()) => "passed",
        }
    }

    /// What is done about one finding: the rule's action, unless an exemption lowers a denial.
    fn decide(&self, rule: &Rule, finding: Finding) -> Judged {
        let action = self.settings.action(rule, self.door);
        match self.settings.exemption(&finding, self.today) {
            Some(exemption) if action == Action::Deny => Judged {
                finding,
                action: Action::Audit,
                lowered: Some(Lowered::Exempt {
                    reason: exemption.reason.clone(),
                    owner: exemption.owner.clone(),
                }),
            },
            _ => Judged { finding, action, lowered: None },
        }
    }

    /// On an update, lowers denials that the old object already had: the same rule, field and value
    /// (design 6, ako.md A41). The old object is judged in the subject's place, against the same snapshot.
    fn ratchet(&self, request: &Request<'_>, findings: &mut [Judged]) {
        let Some(old) = request.old.filter(|_| request.operation == Operation::Update) else {
            return;
        };
        let before = Request { old: None, ..Request { subject: old, ..*request } };
        let already = self.run(&before, false).findings;
        for judged in findings.iter_mut().filter(|judged| judged.action == Action::Deny) {
            if already.iter().any(|(_, finding)| finding.is_same_fault(&judged.finding)) {
                judged.action = Action::Warn;
                judged.lowered = Some(Lowered::AlreadyThere);
            }
        }
    }
}

/// Deletions, objects on their way out, subresources and connections are never judged (design 6, ako.md A40).
fn is_never_judged(request: &Request<'_>) -> bool {
    let writes = matches!(request.operation, Operation::Create | Operation::Update);
    let terminating = request.subject.is_terminating() || request.old.is_some_and(Object::is_terminating);
    !writes || !request.subresource.is_empty() || terminating
}

/// The defaults that the rules with findings relied on, in words.
fn assumptions(profile: &Profile, findings: &[Judged]) -> Vec<String> {
    let speaks = |product: &str| {
        findings.iter().any(|judged| judged.finding.rule.split_once('/').is_some_and(|(of, _)| of == product))
    };
    let mut assumed = Vec::new();
    let releases = [
        ("ako", "ako", &profile.ako),
        ("kubernetes", "kubernetes", &profile.kubernetes),
        ("aks-engine", "aksEngine", &profile.aks_engine),
        ("kops", "kops", &profile.kops),
    ];
    for (product, key, release) in releases {
        if release.from == Source::Default && speaks(product) {
            assumed.push(format!("{key} {} is assumed; pass --profile {key}=RELEASE", release.text));
        }
    }
    if profile.cloud.is_none() && speaks("ako") {
        assumed.push("the cloud is not declared; pass --profile akoCloud=CLOUD_...".to_owned());
    }
    if profile.platform.from == Source::Default && speaks("ako") {
        assumed.push(format!("platform {} is assumed; pass --profile platform=...", profile.platform.text));
    }
    assumed
}
