//! The pace of questions about many objects: in stretches, one question at a time in the whole process, with rests in
//! which other reviews are answered, until the budget is used up.

use std::cell::RefCell;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Longest time for the questions that one review raises (design 6).
pub(super) const BUDGET: Duration = Duration::from_millis(500);
/// Work without a rest: few other reviews come in so short a time, and none waits long.
const STRETCH: Duration = Duration::from_millis(1);
/// Rest between two stretches, whoever works next: time for about ten reviews.
const REST: Duration = Duration::from_micros(500);

/// The turn to work, and when the stretch before ended.
static TURN: Mutex<Option<Instant>> = Mutex::new(None);

/// The pace of one review.
pub(super) struct Pace {
    began: Instant,
    stretch: RefCell<Stretch>,
}

struct Stretch {
    began: Instant,
    /// The first stretch has none: few objects never need a second.
    turn: Option<MutexGuard<'static, Option<Instant>>>,
}

impl Pace {
    /// The pace of a review that began at `began`.
    pub(super) fn new(began: Instant) -> Self {
        Self { began, stretch: RefCell::new(Stretch { began, turn: None }) }
    }

    /// Whether there is time for more; where a stretch is over, after a rest.
    pub(super) fn goes_on(&self) -> bool {
        let mut stretch = self.stretch.borrow_mut();
        if stretch.began.elapsed() >= STRETCH {
            stretch.end();
            thread::sleep(REST);
            *stretch = Stretch::begin();
        }
        self.began.elapsed() < BUDGET
    }
}

impl Stretch {
    fn begin() -> Self {
        // whoever panicked with the turn has said when its stretch ended
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = *turn {
            thread::sleep(REST.saturating_sub(before.elapsed()));
        }
        Self { began: Instant::now(), turn: Some(turn) }
    }

    /// Gives the turn back.
    fn end(&mut self) {
        if let Some(mut turn) = self.turn.take() {
            *turn = Some(Instant::now());
        }
    }
}

impl Drop for Stretch {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::decode::{json, manifest};
    use crate::model::Snapshot;
    use crate::process::metrics::Metrics;
    use crate::process::world::Current;
    use crate::settings::Settings;
    use crate::webhook::handler::{self, Gate};

    /// There is one turn in the process: one test at a time may look at it.
    static ALONE: Mutex<()> = Mutex::new(());

    fn begun(ago: Duration) -> Pace {
        Pace::new(Instant::now().checked_sub(ago).unwrap())
    }

    fn is_taken() -> bool {
        TURN.try_lock().is_err()
    }

    #[test]
    fn whoever_needs_a_second_stretch_takes_the_turn_and_gives_it_back() {
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        // one that has not begun yet is in its first stretch for long enough
        let pace = Pace::new(Instant::now() + BUDGET);
        assert!(pace.goes_on() && !is_taken(), "the first stretch needs none");
        let pace = begun(STRETCH);
        assert!(pace.goes_on() && is_taken());
        thread::scope(|scope| {
            let other = scope.spawn(|| {
                assert!(!begun(BUDGET).goes_on(), "the budget is used up");
                Instant::now()
            });
            thread::sleep(REST * 4);
            let given_back = Instant::now();
            drop(pace);
            assert!(other.join().unwrap() >= given_back + REST, "it waits, and rests");
        });
        assert!(!is_taken());
        // a panic in a stretch keeps nobody out
        let panicked = thread::spawn(|| {
            let pace = begun(STRETCH);
            pace.goes_on();
            std::panic::resume_unwind(Box::new(()));
        });
        assert!(panicked.join().is_err());
        assert!(begun(STRETCH).goes_on());
    }

    fn config(family: &str) -> String {
        format!(
            r#"{{"apiVersion": "v1", "kind": "ConfigMap", "data": {{"ipFamily": "{family}"}},
            "metadata": {{"name": "avi-k8s-config", "namespace": "avi-system"}}}}"#
        )
    }

    #[test]
    fn a_change_that_concerns_many_objects_waits_for_the_turn() {
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let mut snapshot = Snapshot::complete();
        for name in 0..2000 {
            let spec = r#"{"type": "LoadBalancer", "ports": [{"port": 80}]}"#;
            let metadata = format!(r#"{{"name": "s-{name}", "namespace": "shop"}}"#);
            let service = format!(
                r#"{{"apiVersion": "v1", "kind": "Service", "metadata": {metadata}, "spec": {spec}}}"#
            );
            snapshot.insert(manifest::object(json::parse(&service).unwrap(), "", None).unwrap());
        }
        let current = Arc::new(Current::new(snapshot, Settings::default(), true));
        let today = || jiff::civil::date(2026, 1, 1);
        let gate = Gate { current, metrics: Arc::new(Metrics::default()), today };
        let review = format!(
            r#"{{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {{"uid": "1",
            "operation": "UPDATE", "name": "avi-k8s-config", "namespace": "avi-system",
            "object": {}, "oldObject": {}}}}}"#,
            config("V6"),
            config("V4")
        );
        let held = begun(STRETCH);
        assert!(held.goes_on());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let asked = runtime.spawn(async move { handler::answer(&gate, review.as_bytes()) });
        thread::sleep(BUDGET * 2);
        assert!(!asked.is_finished(), "it would be, without a turn to wait for");
        drop(held);
        let answer = String::from_utf8(runtime.block_on(asked).unwrap().unwrap()).unwrap();
        assert!(answer.contains(r#""response":{"uid":"1""#), "{answer}");
    }
}
