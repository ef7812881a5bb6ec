//! One engine, several doors: the same question gets the same answer through each of them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

mod doors {
    pub(crate) mod asked;

    mod answers;
    mod findings;
    mod reconciler;
}
