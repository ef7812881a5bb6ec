//! What a run of `plan` derived, before it takes any form.

pub mod ako;
pub mod human;
pub mod json;

use super::check::Unreadable;
use crate::model::{ObjectRef, Profile};
use crate::plan::Plan;

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

/// A run of `plan`.
#[derive(Debug)]
pub struct Report<'a> {
    /// The environment everything was derived in.
    pub profile: &'a Profile,
    /// The plans, in the order of files and documents.
    pub planned: Vec<Planned<'a>>,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
}
