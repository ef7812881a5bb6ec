//! Whether the process may be sent requests: every condition must hold.

use std::sync::atomic::{AtomicBool, Ordering};

/// The conditions of readiness.
#[derive(Debug, Default)]
pub struct Readiness {
    /// The first complete snapshot is there.
    pub snapshot: AtomicBool,
    /// The served chain is one the caBundle trusts, or nobody depends on it.
    pub trusted: AtomicBool,
    /// The process is on its way out.
    pub stopping: AtomicBool,
}

impl Readiness {
    /// The conditions that do not hold, in words; none when ready.
    pub fn missing(&self) -> Vec<&'static str> {
        let mut missing = Vec::new();
        if !self.snapshot.load(Ordering::Relaxed) {
            missing.push("the first snapshot of the cluster is not complete");
        }
        if !self.trusted.load(Ordering::Relaxed) {
            missing.push("the webhook configuration does not trust the served certificate yet");
        }
        if self.stopping.load(Ordering::Relaxed) {
            missing.push("stopping");
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_must_hold() {
        let readiness = Readiness::default();
        assert_eq!(readiness.missing().len(), 2);
        readiness.snapshot.store(true, Ordering::Relaxed);
        readiness.trusted.store(true, Ordering::Relaxed);
        assert!(readiness.missing().is_empty());
        readiness.stopping.store(true, Ordering::Relaxed);
        assert_eq!(readiness.missing(), ["stopping"]);
    }
}
