//! What a run of `plan` derived, before it takes any form.

pub mod ako;
pub mod human;
pub mod json;
pub mod svg;
pub mod tree;

use ipnet::Ipv6Net;

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
    /// Ranges of Pods that need something to masquerade for them, and nothing among the inputs does.
    pub stranded: Vec<Ipv6Net>,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
}

impl Report<'_> {
    /// What is worth knowing of the cluster as a whole, and no fault.
    pub fn remarks(&self) -> Vec<String> {
        let Some(first) = self.stranded.first() else { return Vec::new() };
        let more = match self.stranded.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        vec![format!(
            "Pods of {first}{more} reach nothing outside the cluster over IPv6 unless something masquerades: unique local \
             addresses (fc00::/7) are not routed outside, and no agent or plug-in that masquerades is among the inputs"
        )]
    }
}
