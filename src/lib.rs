//! ako-gate refuses what AKO, the Avi Kubernetes Operator, would silently get wrong about IPv6 and dual stack.
//!
//! ```text
//!  model -> facts, matrix -> plan -> rule -> rules -> settings -> engine -> decode, report   pure
//!                                  process -> webhook, reconcile -> cli -> main        the doors
//! ```
//!
//! Each module uses only what stands to its left (`tests/layering.rs`). The pure half knows no async, clock,
//! network or environment: the doors gather its inputs and carry out its answer.

pub mod model;

pub mod facts;
pub mod matrix;
pub mod plan;
pub mod rule;
pub mod rules;

pub mod settings;

pub mod engine;

pub mod decode;
pub mod report;

pub mod process;
pub mod reconcile;
pub mod webhook;

pub mod cli;
