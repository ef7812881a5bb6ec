//! Verdicts to output. Pure: it makes text and values, and writes nowhere.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod admission;
pub mod cases;
pub mod check;
pub mod github;
pub mod html;
pub mod human;
pub mod json;
pub mod junit;
pub mod page;
pub mod plan;
pub mod sarif;
pub mod table;
pub mod text;
pub mod what_if;
