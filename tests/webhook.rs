//! What the webhook answers over HTTP, in memory: to reviews, to what is almost one, and to what is none.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

mod webhook {
    pub(crate) mod reviews;

    mod answers;
    mod bodies;
    mod changes;
    mod undecided;
}
