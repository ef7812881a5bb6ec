//! Errors of the API server as people read them.

use std::fmt;

use kube::runtime::watcher;

/// What the API server said, where it said something: kube shows that twice, the second time as a data structure
/// (kube-rs/kube@5.0.0:kube-client/src/error.rs).
pub struct Told<'a>(pub &'a kube::Error);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            kube::Error::Api(status) if !status.message.is_empty() => f.write_str(&status.message),
            error => error.fmt(f),
        }
    }
}

/// The same for a watch.
pub struct OfWatch<'a>(pub &'a watcher::Error);

impl fmt::Display for OfWatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use watcher::Error::{InitialListFailed, WatchFailed, WatchStartFailed};
        match self.0 {
            InitialListFailed(error) | WatchStartFailed(error) | WatchFailed(error) => Told(error).fmt(f),
            error => error.fmt(f),
        }
    }
}
