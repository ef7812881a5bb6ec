//! The real binary as people and scripts meet it: exit codes, what stands on which output, what mistakes get as answer.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

mod cli {
    pub(crate) mod run;

    mod help;
    mod manual;
    mod mistakes;
    mod review;
    mod serving;
}
