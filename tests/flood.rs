//! Clients that mean harm, in numbers: memory stays bounded, and who asks as an API server does hardly notices.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "figures are said aloud")]

mod support;

mod flood {
    pub(crate) mod honest;

    mod harm;
    mod plain;
    mod smuggling;
}
