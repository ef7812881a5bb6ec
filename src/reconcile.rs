//! What exists in the cluster: watched, kept as the snapshot the webhook judges with, audited and published; or listed
//! once.

pub mod audit;
pub mod events;
pub mod lead;
pub mod lease;
pub mod ledger;
pub mod list;
pub mod object;
pub mod prune;
pub mod publish;
pub mod reports;
pub mod retry;
pub mod store;
pub mod target;
pub mod told;
pub mod touched;
pub mod watch;
