//! What a long-running process needs, whichever door it serves: the world it judges with, readiness, metrics,
//! signals, logs.

pub mod admin;
pub mod logging;
pub mod metrics;
pub mod readiness;
pub mod signals;
pub mod world;
