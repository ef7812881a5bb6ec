//! Input that nobody sends by accident: whatever it is, it gets one well-formed answer and no rule panics.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

mod hostile {
    pub(crate) mod broken;
    pub(crate) mod pieces;

    mod generated;
}
