//! When something that failed is tried again.

use std::time::{Duration, Instant};

/// Waiting time after the first failure; it doubles up to [`LONGEST`].
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(1);

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

#[cfg(test)]
mod tests {
    use super::*;

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
