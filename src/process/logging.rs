//! Log lines on standard error.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use super::traces;

/// How much is logged; it can be changed while the process runs.
pub struct Level(Box<dyn Fn(EnvFilter) + Send + Sync>);

/// What the process was started with: `AKO_GATE_LOG`, `info` unless set.
fn of_start() -> EnvFilter {
    without_contents(EnvFilter::try_from_env("AKO_GATE_LOG").unwrap_or_else(|_| EnvFilter::new("info")))
}

/// kube's client logs an answer that it cannot decode as a whole, a Secret like anything else; its errors reach the gate's
/// own lines anyway (kube-rs/kube@5.0.0:kube-client/src/client/mod.rs `request`).
fn without_contents(filter: EnvFilter) -> EnvFilter {
    match "kube_client::client=off".parse() {
        Ok(directive) => filter.add_directive(directive),
        Err(_) => filter,
    }
}

impl Level {
    /// Logs at `level` from now on; `None` goes back to what the process was started with.
    pub fn set(&self, level: Option<&str>) {
        (self.0)(level.map_or_else(of_start, |level| without_contents(EnvFilter::new(level))));
    }
}

/// Starts logging. The level is read from `AKO_GATE_LOG` (`info` unless set).
pub fn start(json: bool) -> Level {
    let builder = tracing_subscriber::fmt().with_env_filter(of_start()).with_writer(stderr);
    if json {
        let builder = builder.json().flatten_event(true).with_filter_reloading();
        let handle = builder.reload_handle();
        init(builder.finish());
        // where there is nothing to change, nothing is logged
        Level(Box::new(move |filter| drop(handle.reload(filter))))
    } else {
        let builder = builder.with_ansi(stderr().is_terminal()).with_target(false).with_filter_reloading();
        let handle = builder.reload_handle();
        init(builder.finish());
        Level(Box::new(move |filter| drop(handle.reload(filter))))
    }
}

fn init<S>(subscriber: S)
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    // a second start, as in tests, keeps the first
    let _ = traces::with_spans(subscriber).try_init();
    traces::started();
}
