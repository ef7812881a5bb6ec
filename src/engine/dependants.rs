//! What a change would do to other objects: they are judged in the world as it is, and in the world as it would be.

use super::Judge;
use crate::facts::View;
use crate::facts::ako::exposure::Exposure;
use crate::facts::ako::release::{is_ako, running_release};
use crate::model::{
    Action, Answer, Finding, Judged, Kind, Object, Profile, Request, Snapshot, Source, Stored,
};
use crate::rule::Broken;
use crate::rules;

/// How many objects of a kind are named.
const NAMED: usize = 3;

/// The objects that `request` would break: those with a fault afterwards that they do not have now.
pub(super) fn broken_by(judge: &Judge<'_>, request: &Request<'_>) -> Broken {
    let mut broken = Broken::default();
    let Some(subject) = Stored::copy_of(request.subject) else { return broken };
    let mut then = judge.snapshot.clone();
    then.insert(subject);
    let mut now = judge.snapshot.clone();
    if let Some(old) = request.old.and_then(Stored::copy_of) {
        now.insert(old);
    }
    let profile = profile_now(judge.profile, request);
    let now = Judge { snapshot: &now, profile: &profile, ..*judge };
    let then = Judge { snapshot: &then, ..*judge };
    for (index, (what, object)) in dependants(now.snapshot).enumerate() {
        // the clock behind the budget is not free: ask it now and then
        if index % 16 == 15 && !(judge.within_budget)() {
            broken.cut_short = true;
            break;
        }
        if let (Some(before), Some(after)) = (exposure(&now, object), exposure(&then, object)) {
            broken.effects.add(&before, &after);
        }
        let after = faults(&then, object);
        if after.is_empty() {
            continue;
        }
        let before = faults(&now, object);
        if !after.iter().any(|fault| !before.iter().any(|old| old.is_same_fault(fault))) {
            continue;
        }
        let name = match object.namespace() {
            "" => object.name().to_owned(),
            namespace => format!("{namespace}/{}", object.name()),
        };
        match broken.kinds.last_mut().filter(|(kind, _, _)| *kind == what) {
            Some((_, count, names)) => {
                *count += 1;
                if names.len() < NAMED {
                    names.push(name);
                }
            }
            None => broken.kinds.push((what, 1, vec![name])),
        }
    }
    broken
}

/// The VIP and the pools of an object, where they can be told.
fn exposure(judge: &Judge<'_>, object: Object<'_>) -> Option<Exposure> {
    let is_exposed = matches!(object.kind(), Some(Kind::Service | Kind::Ingress));
    let view = || View::new(judge.snapshot, object, None, judge.profile, judge.within_budget);
    is_exposed.then(|| view().exposure(object).ok()).flatten()
}

/// The environment before the change: a StatefulSet of AKO brings its own release, where nobody states one.
fn profile_now(then: &Profile, request: &Request<'_>) -> Profile {
    let mut profile = then.clone();
    let old = request.old.filter(|old| is_ako(*old)).and_then(running_release);
    if let Some((value, text)) = old.filter(|_| then.ako.from == Source::Objects) {
        profile.ako = Answer { value, text, from: Source::Objects };
    }
    profile
}

/// The objects that AKO's configuration, its settings and its release can break, in a fixed order. None of a kind is put
/// in order before the last of the kind before it is done with: there is perhaps no time for it.
fn dependants(snapshot: &Snapshot) -> impl Iterator<Item = (&'static str, Object<'_>)> {
    let services = snapshot.load_balancers().map(|object| ("LoadBalancer Service", object));
    let others = [(Kind::Ingress, "Ingress"), (Kind::Node, "Node")];
    services.chain(others.into_iter().flat_map(|(kind, what)| {
        let mut of_kind: Vec<_> = snapshot.all(kind).collect();
        of_kind.sort_by_cached_key(|object| (object.namespace(), object.name()));
        of_kind.into_iter().map(move |object| (what, object))
    }))
}

/// What people would hear about an object: findings that deny or warn.
fn faults(judge: &Judge<'_>, object: Object<'_>) -> Vec<Finding> {
    let run = judge.run(&Request::create(object), false);
    let heard = run.findings.into_iter().map(|(rule, finding)| judge.decide(rule, finding));
    heard.filter(|judged| judged.action >= Action::Warn).map(|judged| judged.finding).collect()
}

/// Where a rule says more exactly what a change does to other objects, the general word is dropped.
pub(super) fn drop_general(findings: &mut Vec<Judged>) {
    let is_general = |judged: &Judged| judged.finding.rule == "ako/change-under-other-objects";
    // what becomes of VIPs and pools is another matter, and told beside either
    let is_effect = |judged: &Judged| judged.finding.rule == "ako/change-of-vips-and-pools";
    let is_special = |judged: &Judged| {
        !is_general(judged)
            && !is_effect(judged)
            && rules::find(judged.finding.rule).is_some_and(|rule| rule.about_dependants)
    };
    if findings.iter().any(is_special) {
        findings.retain(|judged| !is_general(judged));
    }
}
