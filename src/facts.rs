//! Questions asked of what is known: effective values that rules and plans share.
//!
//! Responsible for deriving what AKO would make of the objects. Not for judging it: no fact knows a rule.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod ako;
pub mod aks_engine;
pub mod cluster;
pub mod kops;
pub mod profile;
pub mod service;
pub mod view;

pub use view::{Unknown, View};
