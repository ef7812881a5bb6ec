//! What exists in the cluster: watched, and kept as the snapshot the webhook judges with; or listed once.

pub mod list;
pub mod object;
pub mod store;
pub mod watch;
