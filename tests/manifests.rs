//! What is installed: neither more nor less than the rules need.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

mod manifests {
    pub(crate) mod files;

    mod installed;
    mod rights;
    mod webhook;
}
