//! What a run of `plan` derived, before it takes any form.

pub mod ako;
pub mod human;
pub mod json;
pub mod svg;
pub mod tree;

use super::check::{self, Unreadable};
use crate::model::{ObjectRef, Profile};
use crate::plan::{self, Plan};

/// One document with its plan.
#[derive(Debug)]
pub struct Planned<'a> {
    /// The document.
    pub object: ObjectRef,
    /// The file as named on the command line, or found below a folder named there.
    pub file: String,
    /// The position of the document in the file, from 1.
    pub document: usize,
    /// What is made of it.
    pub plan: Plan<'a>,
}

/// What AKO would program, and what the rules say about the objects it is made of.
#[derive(Debug)]
pub struct Ako {
    /// The plan.
    pub plan: plan::ako::Plan,
    /// The judgement.
    pub judged: check::Report,
}

/// A run of `plan`.
#[derive(Debug)]
pub struct Report<'a> {
    /// The environment everything was derived in.
    pub profile: &'a Profile,
    /// What AKO would program, where its configuration is among the inputs.
    pub ako: Option<Ako>,
    /// The plans, in the order of files and documents.
    pub planned: Vec<Planned<'a>>,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
}
