//! Log lines on standard error.

use tracing_subscriber::EnvFilter;

/// Starts logging. The level is read from `AKO_GATE_LOG` (`info` unless set).
pub fn start(json: bool) {
    let filter = EnvFilter::try_from_env("AKO_GATE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // a second start, as in tests, keeps the first
    let _ = if json {
        builder.json().flatten_event(true).try_init()
    } else {
        builder.with_target(false).try_init()
    };
}
