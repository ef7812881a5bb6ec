//! What a run of `check` found, before it takes any form.

use std::collections::BTreeMap;

use crate::model::verdict::Lowered;
use crate::model::{Action, Judged, ObjectRef, Profile, Skipped, Verdict};
use crate::rule::Rule;
use crate::rules;

/// One object that was judged, and where it stands.
#[derive(Debug)]
pub struct Checked {
    /// The object.
    pub object: ObjectRef,
    /// The file as named on the command line, or found below a folder named there.
    pub file: String,
    /// The position of its document in the file, from 1.
    pub document: usize,
    /// What was found.
    pub verdict: Verdict,
}

/// Input that could not be read. Lines and columns are 1-based; both are 0 where a whole file is meant.
#[derive(Debug)]
pub struct Unreadable {
    /// The file.
    pub file: String,
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

impl Unreadable {
    /// Where it is, as compilers write it.
    pub fn place(&self) -> String {
        let Self { file, line, column, .. } = self;
        if *line == 0 { file.clone() } else { format!("{file}:{line}:{column}") }
    }
}

/// A run of `check`.
#[derive(Debug)]
pub struct Report {
    /// The environment everything was judged in.
    pub profile: Profile,
    /// The objects, in the order of files and documents.
    pub checked: Vec<Checked>,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
}

/// How many findings of each kind a run has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Objects judged.
    pub judged: usize,
    /// Findings that deny.
    pub deny: usize,
    /// Findings that warn.
    pub warn: usize,
    /// Findings that are recorded only.
    pub audit: usize,
    /// Findings an exemption covers.
    pub exempt: usize,
    /// Rules that could not be decided.
    pub skipped: usize,
}

impl Report {
    /// Every finding with the object it is about, in order.
    pub fn findings(&self) -> impl Iterator<Item = (&Checked, &Judged)> {
        self.checked
            .iter()
            .flat_map(|checked| checked.verdict.findings.iter().map(move |judged| (checked, judged)))
    }

    /// Every rule that could not be decided, in order.
    pub fn skipped(&self) -> impl Iterator<Item = &Skipped> {
        self.checked.iter().flat_map(|checked| checked.verdict.skipped.iter())
    }

    /// The counts.
    pub fn counts(&self) -> Counts {
        let mut counts =
            Counts { judged: self.checked.len(), skipped: self.skipped().count(), ..Counts::default() };
        for (_, judged) in self.findings() {
            match (&judged.lowered, judged.action) {
                (Some(Lowered::Exempt { .. }), _) => counts.exempt += 1,
                (_, Action::Deny) => counts.deny += 1,
                (_, Action::Warn) => counts.warn += 1,
                (_, Action::Audit) => counts.audit += 1,
                (_, Action::Off) => {}
            }
        }
        counts
    }

    /// The defaults that decided something, each once.
    pub fn assumed(&self) -> Vec<&str> {
        let mut assumed: Vec<&str> = Vec::new();
        for text in self.checked.iter().flat_map(|checked| &checked.verdict.assumed) {
            if !assumed.contains(&text.as_str()) {
                assumed.push(text);
            }
        }
        assumed
    }

    /// What a reader must know beside the findings, a line each: the defaults that decided something, and what was
    /// skipped.
    pub fn notes(&self) -> Vec<String> {
        let mut skipped: BTreeMap<&str, usize> = BTreeMap::new();
        for skip in self.skipped() {
            *skipped.entry(&skip.why).or_default() += 1;
        }
        let mut notes: Vec<String> = self.assumed().into_iter().map(str::to_owned).collect();
        for (why, count) in skipped {
            let noun = if count == 1 { "rule was" } else { "rules were" };
            notes.push(format!("{count} {noun} skipped: {why}"));
        }
        notes
    }

    /// The counts in one line.
    pub fn summary(&self) -> String {
        let counts = self.counts();
        let objects = if counts.judged == 1 { "object" } else { "objects" };
        let Counts { judged, deny, warn, exempt, .. } = counts;
        format!("{judged} {objects} judged: {deny} denied, {warn} warned, {exempt} exempt")
    }

    /// The release a finding's matrix row is read at: that of the product its rule belongs to.
    pub fn release(&self, judged: &Judged) -> &str {
        let Profile { ako, kubernetes, aks_engine, kops, .. } = &self.profile;
        match rules::find(judged.finding.rule).map(Rule::product) {
            Some("ako") => &ako.text,
            Some("kubernetes") => &kubernetes.text,
            Some("aks-engine") => &aks_engine.text,
            Some("kops") => &kops.text,
            _ => "",
        }
    }
}
