//! When something that failed is tried again.

use std::time::{Duration, Instant};

/// Waiting time after the first failure; it doubles up to [`LONGEST`].
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(1);
/// How often the same complaint is made, however often there is reason for it.
const COMPLAIN: Duration = Duration::from_secs(30);

/// Something that failed, and is tried again.
#[derive(Debug)]
pub struct Retry {
    at: Instant,
    /// How long it waits.
    pub wait: Duration,
}

impl Retry {
    /// Waits longer than after the failure before.
    pub fn after(before: Option<&Self>, now: Instant) -> Self {
        let wait = before.map_or(SHORTEST, |before| (before.wait * 2).min(LONGEST));
        Self { at: now + wait, wait }
    }

    /// Does not wait: something was done about the failure.
    pub fn at_once(now: Instant) -> Self {
        Self { at: now, wait: SHORTEST }
    }

    /// Whether it is time.
    pub fn is_due(&self, now: Instant) -> bool {
        self.at <= now
    }
}

/// Complaints about what keeps failing: one now and then.
#[derive(Debug, Default)]
pub struct Complaints(Option<Instant>);

impl Complaints {
    /// Whether one is made now.
    pub fn are_due(&mut self, now: Instant) -> bool {
        let are_due = self.0.is_none_or(|last| now.duration_since(last) >= COMPLAIN);
        if are_due {
            self.0 = Some(now);
        }
        are_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_every_second_is_complained_about_now_and_then() {
        let (start, mut complaints) = (Instant::now(), Complaints::default());
        let made = (0..100).filter(|second| complaints.are_due(start + Duration::from_secs(*second)));
        assert_eq!(made.collect::<Vec<_>>(), [0, 30, 60, 90]);
    }

    #[test]
    fn waits_grow_up_to_a_minute() {
        let (now, mut retry) = (Instant::now(), None);
        let mut waits = Vec::new();
        for _ in 0..8 {
            let next = Retry::after(retry.as_ref(), now);
            assert!(!next.is_due(now) && next.is_due(now + next.wait));
            waits.push(next.wait.as_secs());
            retry = Some(next);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert!(Retry::at_once(now).is_due(now));
    }
}
