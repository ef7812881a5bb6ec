//! `ako-gate check` and `ako-gate test`, as people and pipelines meet them: the real binary, on files.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::format_collect, reason = "generated input, made once")]

mod support;

mod check {
    pub(crate) mod folder;

    mod baseline;
    mod cases;
    mod fix;
    mod formats;
    mod hostile;
    mod inputs;
    mod network;
    mod runs;
    mod spans;
    mod writer;
}
