//! What a long-running process needs, whichever door it serves: the world it judges with, readiness, metrics,
//! signals, logs, traces.

pub mod admin;
pub mod logging;
pub mod metrics;
pub mod readiness;
pub mod signals;
pub mod traces;
pub mod world;
