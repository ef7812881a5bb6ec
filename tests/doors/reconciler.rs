//! The reconciler keeps less of an object, and judges what a change can touch.

use std::sync::atomic::{AtomicUsize, Ordering};

use ako_gate::engine::Judge;
use ako_gate::facts::profile;
use ako_gate::model::{Request, Stored};
use ako_gate::reconcile::ledger::{Entry, Id, Ledger};
use ako_gate::reconcile::store::Store;
use ako_gate::reconcile::touched::Touched;
use ako_gate::settings::{Door, Settings};

use crate::doors::asked::{applied, audit, complaints, deleted, empty_store, watched};
use crate::support::case::{self, Case};
use crate::support::control_plane::root;

/// What the engine says about one object of a case, the others being its surroundings.
fn engine_entries(case: &Case, subject: &Stored) -> Vec<Entry> {
    let mut snapshot = empty_store().snapshot().0;
    for (_, stored) in watched(case) {
        snapshot.insert(stored.clone());
    }
    let (settings, request) = (Settings::default(), Request::create(subject.object()));
    let judge = Judge {
        snapshot: &snapshot,
        profile: &profile::resolve(&case.stated, &snapshot, Some(request.subject)),
        settings: &settings,
        today: jiff::civil::date(2026, 1, 1),
        door: Door::Reconcile,
        within_budget: &|| true,
        explain: false,
    };
    judge.judge(&request).findings.iter().map(|judged| Entry::new(judged, 0)).collect()
}

/// Cases of what a cluster serves.
fn live_cases() -> Vec<Case> {
    let mut cases = case::all(&root().join("tests/rules"));
    cases.retain(|case| watched(case).iter().all(|(kind, _)| kind.is_served()) && !watched(case).is_empty());
    assert!(cases.len() > 300, "only {} cases are of what a cluster serves", cases.len());
    cases
}

/// Of every object, not of the subject alone.
#[test]
fn the_reconciler_finds_what_the_engine_finds() {
    let cases = live_cases();
    let found = AtomicUsize::new(0);
    let complaints = complaints(&cases, |case| {
        let mut store = empty_store();
        let objects = watched(case);
        for (kind, stored) in &objects {
            store.apply(applied(*kind, stored));
        }
        let mut ledger = Ledger::default();
        audit(case, &store, Touched::everything(), &mut ledger, None);
        let mut wrong = Vec::new();
        // of one identity the last one counts
        let last = |id: &Id| {
            objects.iter().rev().find(|(kind, stored)| {
                let object = stored.object();
                *kind == id.kind && object.namespace() == id.namespace && object.name() == id.name
            })
        };
        for (kind, stored) in &objects {
            let id = Id::new(*kind, stored.object().namespace(), stored.object().name());
            let (_, stored) = last(&id).unwrap();
            let wanted = engine_entries(case, stored);
            let said: Vec<Entry> =
                ledger.within(&id.namespace).filter(|e| e.id().as_ref() == Some(&id)).cloned().collect();
            found.fetch_add(said.len(), Ordering::Relaxed);
            if said != wanted {
                wrong.push(format!(
                    "{}: the reconciler says {said:#?}\nthe engine says {wanted:#?}",
                    case.path.display()
                ));
            }
        }
        wrong
    });
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    let found = found.into_inner();
    assert!(found > 300, "only {found} findings were compared");
}

/// Whatever changes, judging what it can touch leads to the same ledger as judging everything.
#[test]
fn judging_what_a_change_touches_is_as_good_as_judging_everything() {
    let complaints = complaints(&live_cases(), |case| {
        let objects = watched(case);
        let mut store = empty_store();
        let mut ledger = Ledger::default();
        let mut wrong = Vec::new();
        let mut before = None;
        let mut step = |store: &mut Store, what: String| {
            let touched = store.take_touched();
            before = Some(audit(case, store, touched, &mut ledger, before.as_ref()));
            let mut full = Ledger::default();
            audit(case, store, Touched::everything(), &mut full, None);
            let rules = |ledger: &Ledger| {
                let entries = ledger
                    .namespaces()
                    .into_iter()
                    .flat_map(|ns| ledger.within(&ns).cloned().collect::<Vec<_>>());
                entries.map(|entry| format!("{}: {}", entry.object, entry.rule)).collect::<Vec<_>>()
            };
            if ledger != full {
                let (says, all) = (rules(&ledger), rules(&full));
                wrong.push(format!("{}: {what}: {says:#?}, but all in all {all:#?}", case.path.display()));
            }
        };
        for (kind, stored) in objects.iter().rev().chain(&objects) {
            store.apply(applied(*kind, stored));
            step(&mut store, format!("{} came", stored.object().reference()));
        }
        for (kind, stored) in &objects {
            store.apply(deleted(*kind, stored));
            step(&mut store, format!("{} went", stored.object().reference()));
            store.apply(applied(*kind, stored));
            step(&mut store, format!("{} came back", stored.object().reference()));
        }
        wrong
    });
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
