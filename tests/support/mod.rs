//! Helpers shared by the tests.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(missing_docs, unreachable_pub, reason = "helpers of tests, not an interface")]
#![allow(clippy::print_stdout, reason = "what is left out is said aloud")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that cannot go on fails its test")]

pub mod case;
pub mod control_plane;
pub mod door;
pub mod json;
pub mod mutate;
pub mod ran;
pub mod review;
pub mod running;
pub mod scenario;
pub mod source;
pub mod tls;
pub mod transcript;
