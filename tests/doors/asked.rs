//! How cases are put to the doors.

use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use ako_gate::facts::profile;
use ako_gate::model::{Kind, Stored};
use ako_gate::reconcile::audit::{Audit, Circumstances};
use ako_gate::reconcile::ledger::{Effects, Ledger};
use ako_gate::reconcile::prune::prune;
use ako_gate::reconcile::store::{Event, Store};
use ako_gate::reconcile::touched::Touched;
use tempfile::TempDir;

use crate::support::case::Case;

/// Runs the binary.
pub(crate) fn run(arguments: &[String]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ako-gate"));
    command.args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// What `ako-gate review` printed, and its exit code.
pub(crate) fn reviewed(arguments: &[String], body: &str) -> (Vec<u8>, Option<i32>) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("review.json");
    std::fs::write(&file, body).unwrap();
    let ends = [vec!["review".to_owned()], arguments.to_vec(), vec![file.to_str().unwrap().to_owned()]];
    let output = run(&ends.concat());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "diagnostics of {arguments:?}");
    (output.stdout, output.status.code())
}

/// Calls `judge` on every item, on as many threads as there are processors; what it complains about.
pub(crate) fn complaints<T: Sync>(items: &[T], judge: impl Fn(&T) -> Vec<String> + Sync) -> Vec<String> {
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let size = items.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let judge = &judge;
        let start =
            |part| scope.spawn(move || Iterator::flat_map(<[T]>::iter(part), judge).collect::<Vec<_>>());
        let parts: Vec<_> = items.chunks(size).map(start).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
}

/// The objects of a case as a watch brings them, the subject last.
pub(crate) fn watched(case: &Case) -> Vec<(Kind, &Stored)> {
    let subject = case.object.as_ref().or(case.old.as_ref());
    let all = case.context.iter().chain(subject);
    all.filter_map(|stored| Some((stored.object().kind()?, stored))).collect()
}

/// A store that has seen everything and holds nothing.
pub(crate) fn empty_store() -> Store {
    let mut store = Store::new(Kind::ALL.iter().copied());
    for kind in Kind::ALL.iter().filter(|kind| kind.is_served()) {
        // a cluster that serves Routes is OpenShift; cases say so where they mean it
        let none = if *kind == Kind::Route { Event::NotServed(*kind) } else { Event::Listed(*kind) };
        store.apply(none);
    }
    store
}

pub(crate) fn applied(kind: Kind, stored: &Stored) -> Event {
    Event::Applied(kind, prune(stored.document(), kind))
}

pub(crate) fn deleted(kind: Kind, stored: &Stored) -> Event {
    let object = stored.object();
    Event::Deleted(kind, object.namespace().to_owned(), object.name().to_owned())
}

/// Judges what was touched, as the reconciler does.
pub(crate) fn audit(
    case: &Case,
    store: &Store,
    touched: Touched,
    ledger: &mut Ledger,
    before: Option<&Circumstances>,
) -> Circumstances {
    let snapshot = store.snapshot().0;
    let now = Circumstances {
        settings: Arc::default(),
        profile: profile::resolve(&case.stated, &snapshot, None),
        today: jiff::civil::date(2026, 1, 1),
    };
    let Circumstances { settings, profile, today } = &now;
    let audit = Audit { snapshot: &snapshot, profile, settings, today: *today, now: 0 };
    for subject in now.widen(before, touched).objects(&snapshot, ledger) {
        let id = subject.id();
        ledger.settle(&id, audit.judge(&id).unwrap(), &mut Effects::default());
    }
    now
}
