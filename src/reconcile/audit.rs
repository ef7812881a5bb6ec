//! Judging what exists. Synchronous; whoever calls it decides how much at a time, and on which thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use super::ledger::{Effects, Entry, Id, Ledger};
use super::touched::{Subject, Touched};
use crate::engine::Judge;
use crate::model::{Lookup, Profile, Request, Snapshot};
use crate::process::world::World;
use crate::settings::{Door, Settings};

/// Objects judged at once: about a millisecond of work, so that the webhook is never kept waiting.
pub const SLICE: usize = 256;
/// Rest between slices.
pub const REST: Duration = Duration::from_millis(1);

/// The day in UTC, on which every replica and every door agrees.
pub fn day(now: Timestamp) -> Date {
    Offset::UTC.to_datetime(now).date()
}

/// Judges some objects as they are in `world`, and records what that changed.
pub fn settle(world: &World, subjects: Vec<Subject>, ledger: &mut Ledger, now: Timestamp) -> Effects {
    let audit = Audit {
        snapshot: &world.snapshot,
        profile: &world.profile,
        settings: &world.settings,
        today: day(now),
        now: now.as_second(),
    };
    let mut effects = Effects::default();
    for subject in subjects {
        let id = subject.id();
        if let Some(entries) = audit.judge(&id) {
            ledger.settle(&id, entries, &mut effects);
        }
    }
    effects
}

/// What objects are judged with.
#[derive(Clone, Copy)]
pub struct Audit<'a> {
    /// What exists.
    pub snapshot: &'a Snapshot,
    /// The environment.
    pub profile: &'a Profile,
    /// Actions and exemptions.
    pub settings: &'a Settings,
    /// The day, for exemptions that expire.
    pub today: Date,
    /// The time, in seconds since 1970, for findings that are new.
    pub now: i64,
}

impl Audit<'_> {
    /// The findings about an object as it is now; no list at all when a rule panicked over it.
    pub fn judge(&self, id: &Id) -> Option<Vec<Entry>> {
        let Lookup::Found(object) = self.snapshot.get(id.kind, &id.namespace, &id.name) else {
            return Some(Vec::new());
        };
        let judge = Judge {
            snapshot: self.snapshot,
            profile: self.profile,
            settings: self.settings,
            today: self.today,
            door: Door::Reconcile,
            within_budget: &|| true,
            explain: false,
        };
        let verdict = catch_unwind(AssertUnwindSafe(|| judge.judge(&Request::create(object))));
        if verdict.is_err() {
            let Id { kind, namespace, name } = id;
            tracing::error!(kind = kind.name(), namespace, name, "a rule panicked; this is a bug");
        }
        Some(verdict.ok()?.findings.iter().map(|judged| Entry::new(judged, self.now)).collect())
    }
}

/// What every verdict depends on beside the objects. When it changes, everything is judged again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// Actions and exemptions.
    pub settings: Arc<Settings>,
    /// The environment.
    pub profile: Profile,
    /// The day.
    pub today: Date,
}

impl Circumstances {
    /// What is to be judged now: what was touched, or everything if something changed since `before`.
    pub fn widen(&self, before: Option<&Self>, touched: Touched) -> Touched {
        let same = before.is_some_and(|before| {
            let is_day_relevant =
                self.settings.exemptions.iter().any(|exemption| exemption.expires.is_some());
            Self { today: before.today, ..self.clone() } == *before
                && (before.today == self.today || !is_day_relevant)
        });
        if same { touched } else { Touched::everything() }
    }
}
