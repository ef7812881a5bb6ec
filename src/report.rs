//! Verdicts to output. Pure: it makes text and values, and writes nowhere.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod admission;
pub mod check;
pub mod human;
pub mod json;
pub mod page;
pub mod table;
pub mod text;
