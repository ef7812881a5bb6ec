//! The commands of the README for installing, for emergencies and for taking the gate away, exactly as it has them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "what is left out is said aloud")]

mod support;

mod readme {
    pub(crate) mod shell;

    mod emergency;
    mod lifecycle;
    mod threats;
    mod while_down;
}
