//! The support matrices as data: what each release of a product supports, and where that is written.
//!
//! Constant tables, so that the compiler checks them and a reviewer can lay them beside their sources. They know
//! no object and no rule.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::fmt;

use crate::model::{Product, Release, ReleaseRange};

pub mod ako;
pub mod aks_engine;
pub mod kops;
pub mod kubernetes;

/// How far something is supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// Supported.
    Yes,
    /// Supported with the limit that the cell names.
    Limited,
    /// Unsupported.
    No,
    /// The release has no such thing.
    Absent,
}

impl Support {
    /// The word in the printed matrix and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Limited => "limited",
            Self::No => "no",
            Self::Absent => "-",
        }
    }
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What holds in a range of releases.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// The releases.
    pub range: ReleaseRange,
    /// How far it is supported.
    pub support: Support,
    /// What exactly; empty when the support says it all.
    pub text: &'static str,
}

/// One capability of a product over its releases.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The product.
    pub product: Product,
    /// The name that findings and `ako-gate matrix --capability` use.
    pub capability: &'static str,
    /// The capability in words.
    pub title: &'static str,
    /// What holds when, oldest first; the ranges neither overlap nor leave gaps.
    pub cells: &'static [Cell],
    /// Where this is written.
    pub source: &'static str,
    /// What else must be known, such as sources that disagree and which one was followed; may be empty.
    pub note: &'static str,
    /// Why no rule enforces an unsupported cell; empty when one does.
    pub unenforced: &'static str,
}

impl Row {
    /// The cells as people read them: neighbours that say the same are one.
    pub fn spans(&self) -> Vec<Cell> {
        let mut spans: Vec<Cell> = Vec::new();
        for cell in self.cells {
            match spans.last_mut() {
                Some(last) if (last.support, last.text) == (cell.support, cell.text) => {
                    last.range.until = cell.range.until;
                }
                _ => spans.push(*cell),
            }
        }
        spans
    }

    /// What holds for `release`.
    pub fn cell(&self, release: Release) -> Option<&'static Cell> {
        self.cells.iter().find(|cell| cell.range.contains(release))
    }
}

/// Every row of every product.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    let products = [ako::ROWS, kubernetes::ROWS, aks_engine::ROWS, kops::ROWS];
    products.into_iter().flatten().copied()
}
