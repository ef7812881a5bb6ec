//! Spans by OTLP over plain HTTP, where `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector.

use std::env;
use std::sync::OnceLock;

use axum::http::{HeaderMap, HeaderName};
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tokio::runtime::Runtime;
use tracing::field::Empty;
use tracing::{Level, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

use crate::process::metrics::ReviewLabels;

/// The variables that name a collector (OpenTelemetry specification, protocol/exporter.md).
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

static PROVIDER: OnceLock<Result<SdkTracerProvider, String>> = OnceLock::new();

/// Sends spans from the thread that collects them, which knows no runtime, with a runtime of its own.
#[derive(Debug)]
struct OnRuntime(opentelemetry_otlp::SpanExporter, Runtime);

impl SpanExporter for OnRuntime {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.1.block_on(self.0.export(batch))
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

fn provider() -> Result<SdkTracerProvider, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build();
    let exporter = exporter.map_err(|error| format!("failed to make the exporter: {error}"))?;
    let runtime = runtime.map_err(|error| format!("failed to start its runtime: {error}"))?;
    let resource = Resource::builder().with_service_name("ako-gate").build();
    let provider = SdkTracerProvider::builder().with_batch_exporter(OnRuntime(exporter, runtime));
    Ok(provider.with_resource(resource).build())
}

/// Adds the spans to what logs, where a collector is named.
pub fn with_spans<S>(subscriber: S) -> impl Subscriber + Send + Sync
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let is_asked = ENDPOINTS.iter().any(|name| env::var_os(name).is_some());
    let provider = is_asked.then(|| PROVIDER.get_or_init(provider).as_ref().ok()).flatten();
    subscriber.with(provider.map(|made| tracing_opentelemetry::layer().with_tracer(made.tracer("ako-gate"))))
}

/// Says whether spans are sent, which nothing can before there is a log.
pub fn started() {
    match PROVIDER.get() {
        Some(Ok(_)) => tracing::info!("spans are sent to a collector"),
        Some(Err(error)) => tracing::error!(error, "no spans are sent"),
        None => {}
    }
}

/// Sends what has not been sent yet.
pub fn stop() {
    if let Some(Ok(provider)) = PROVIDER.get()
        && let Err(error) = provider.shutdown()
    {
        tracing::warn!(%error, "failed to send the last spans");
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

/// The span of a review.
pub struct Review(Span);

impl Review {
    /// The review of a request, within the span of the API server's own where that is traced.
    pub fn of(headers: &HeaderMap) -> Self {
        // no level of the log may switch it off
        let span = tracing::span!(Level::ERROR, "review", uid = Empty, operation = Empty, verdict = Empty);
        let _ = span.set_parent(TraceContextPropagator::new().extract(&Headers(headers)));
        Self(span)
    }

    /// Judges it.
    pub fn judge<T>(self, judge: impl FnOnce() -> T) -> T {
        self.0.in_scope(judge)
    }
}

/// Notes how the review under judgement was answered.
pub fn answered(uid: &str, labels: &ReviewLabels) {
    let span = Span::current();
    span.record("uid", uid);
    span.record("operation", labels.operation);
    span.record("verdict", labels.verdict);
}
