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

/// What a cell says: how far something is supported, and what exactly.
type Claim = (Support, &'static str);

const YES: Claim = (Support::Yes, "");
const NO: Claim = (Support::No, "");
const ABSENT: Claim = (Support::Absent, "");

const fn yes(text: &'static str) -> Claim {
    (Support::Yes, text)
}
const fn limited(text: &'static str) -> Claim {
    (Support::Limited, text)
}
const fn no(text: &'static str) -> Claim {
    (Support::No, text)
}

const fn cell(from: Option<Release>, until: Option<Release>, claim: Claim) -> Cell {
    Cell { range: ReleaseRange { from, until }, support: claim.0, text: claim.1 }
}

const fn always(claim: Claim) -> [Cell; 1] {
    [cell(None, None, claim)]
}

/// Declares the rows of a product, and `ROWS` with all of them. `cells` is an expression for an array.
macro_rules! declare_rows {
    ($product:ident: $($name:ident {
        $capability:literal, $title:literal,
        $cells:expr,
        source: $source:literal
        $(, note: $note:literal)?
        $(, unenforced: $unenforced:literal)?
        $(,)?
    })*) => {
        $(
            #[doc = $title]
            pub static $name: $crate::matrix::Row = $crate::matrix::Row {
                product: $crate::model::Product::$product,
                capability: $capability,
                title: $title,
                cells: {
                    const CELLS: &[$crate::matrix::Cell] = &$cells;
                    CELLS
                },
                source: $source,
                note: concat!("" $(, $note)?),
                unenforced: concat!("" $(, $unenforced)?),
            };
        )*

        /// Every row, in the order of the fact sheet.
        pub static ROWS: &[&$crate::matrix::Row] = &[$(&$name),*];
    };
}
use declare_rows;

/// Every row of every product.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    let products = [ako::ROWS, kubernetes::ROWS, aks_engine::ROWS, kops::ROWS];
    products.into_iter().flatten().copied()
}
