//! Bytes to documents: JSON from reviews and watches, YAML from files, and what is hidden inside strings.
//!
//! Responsible for syntax only. What cannot be decoded is an error here, never a finding.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod case;
pub mod edit;
pub mod embedded;
pub mod file;
pub mod json;
pub mod manifest;
pub mod overlay;
pub mod review;
pub mod scalar;
pub mod settings;
pub mod within;
pub mod yaml;

use std::fmt;

/// Why bytes could not be decoded, and where. Lines and columns are 1-based.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Line of the fault.
    pub line: u32,
    /// Column of the fault, in Unicode code points.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for SyntaxError {}
