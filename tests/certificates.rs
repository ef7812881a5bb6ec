//! The gate's own certificates against a real API server: replicas that agree, changes nobody notices, and recovery.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "figures are said aloud")]

mod support;

mod certificates {
    pub(crate) mod replica;

    mod clients;
    mod mounted;
    mod processes;
    mod recovery;
    mod rotation;
}
