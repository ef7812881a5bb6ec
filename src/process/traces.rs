//! A span for each review, sent to a collector; without the feature `otlp` nothing of it is there.

#[cfg(feature = "otlp")]
mod otlp;

#[cfg(feature = "otlp")]
pub use otlp::{Review, answered, started, stop, with_spans};

#[cfg(not(feature = "otlp"))]
pub use none::{Review, answered, started, stop, with_spans};

#[cfg(not(feature = "otlp"))]
mod none {
    //! What is left of it.

    use axum::http::HeaderMap;

    use crate::process::metrics::ReviewLabels;

    /// A review that leaves no trace.
    pub struct Review;

    impl Review {
        /// The review of a request.
        pub fn of(_: &HeaderMap) -> Self {
            Self
        }

        /// Judges it.
        pub fn judge<T>(self, judge: impl FnOnce() -> T) -> T {
            judge()
        }
    }

    /// Notes how the review under judgement was answered.
    pub fn answered(_: &str, _: &ReviewLabels) {}

    /// Adds nothing to what logs.
    pub fn with_spans<S>(subscriber: S) -> S {
        subscriber
    }

    /// Says nothing.
    pub fn started() {}

    /// Sends what has not been sent yet.
    pub fn stop() {}
}
