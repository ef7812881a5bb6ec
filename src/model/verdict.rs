//! The outcome of judging one object.

use super::finding::Finding;
use super::object::ObjectRef;

/// What is done about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Nothing; the rule is not run.
    Off,
    /// It is recorded.
    Audit,
    /// The user is told.
    Warn,
    /// The request is refused.
    Deny,
}

impl Action {
    /// The name in settings and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Audit => "audit",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }

    /// The action a setting names.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Off, Self::Audit, Self::Warn, Self::Deny].into_iter().find(|action| action.name() == text)
    }
}

/// A finding and what is done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The finding.
    pub finding: Finding,
    /// What is done, after settings, exemptions and the ratchet.
    pub action: Action,
    /// Why a denial was lowered, when it was.
    pub lowered: Option<Lowered>,
}

/// Why a finding that would deny does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lowered {
    /// The old object has the same fault.
    AlreadyThere,
    /// An exemption covers it.
    Exempt {
        /// The reason the settings give.
        reason: String,
        /// Who answers for it.
        owner: String,
    },
}

/// A rule that could not be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The rule.
    pub rule: &'static str,
    /// The object it would have judged.
    pub object: ObjectRef,
    /// What is missing.
    pub why: String,
}

/// How one rule that applies to the object ended, for `--why`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered {
    /// The rule.
    pub rule: &'static str,
    /// `fired`, `passed`, `skipped` or `off`.
    pub outcome: &'static str,
}

/// Everything there is to say about one object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Findings in the order of the fields blamed, then of rule names.
    pub findings: Vec<Judged>,
    /// Rules that lacked an input.
    pub skipped: Vec<Skipped>,
    /// Facts about the environment that decided something and that nobody stated.
    pub assumed: Vec<String>,
    /// Every rule that applies to the object, and how it ended; filled only when asked for.
    pub considered: Vec<Considered>,
    /// The facts the rules used, in words; filled only when asked for.
    pub facts: Vec<(String, String)>,
}

impl Verdict {
    /// Whether nothing is denied.
    pub fn is_allowed(&self) -> bool {
        self.denials().next().is_none()
    }

    /// The findings that deny.
    pub fn denials(&self) -> impl Iterator<Item = &Judged> {
        self.findings.iter().filter(|judged| judged.action == Action::Deny)
    }

    /// The findings that warn.
    pub fn warnings(&self) -> impl Iterator<Item = &Judged> {
        self.findings.iter().filter(|judged| judged.action == Action::Warn)
    }
}
