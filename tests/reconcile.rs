//! What already exists, audited on a real API server: reports, Events, metrics, and who may write them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "what a flood took is said aloud")]

mod support;

mod reconcile {
    pub(crate) mod cluster;
    pub(crate) mod settled;

    mod clock;
    mod faults;
    mod kinds;
    mod leaders;
    mod lists;
    mod outages;
    mod publishes;
    mod refused;
    mod slow;
    mod targets;
}
