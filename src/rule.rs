//! What a rule is: a constant record with its own manual page and a plain function.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::fmt;
use std::ops::Deref;

use crate::facts::ako::exposure::Effects;
use crate::facts::{Unknown, View};
use crate::matrix::Row;
use crate::model::{Action, Finding, Kind, Operation};

/// Everything a rule file needs.
pub mod prelude {
    pub(crate) use super::rule;
    pub use super::{CONFIG, Context, Decided, Findings, Rule};
    pub use crate::facts::Unknown;
    pub use crate::facts::ako::config::{Config, Form, Setting};
    pub use crate::matrix;
    pub use crate::model::{Action, CauseKind, Finding, Fix, Kind, Node, Object, Operation};
}

/// The forms AKO's configuration comes in.
pub const CONFIG: &[Kind] = &[Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues];

/// Whether a rule could be decided. Findings made before an unknown input was met stand.
pub type Decided = Result<(), Unknown>;

/// A rule: what it is about, and the check.
#[derive(Debug)]
pub struct Rule {
    /// `product/bad-thing`; equal to its file and its folder of cases.
    pub name: &'static str,
    /// The manual page: the rule's doc comment. Its first line is the summary.
    pub page: &'static str,
    /// The matrix rows it enforces; findings cite the first.
    pub enforces: &'static [&'static Row],
    /// The kinds it judges.
    pub applies_to: &'static [Kind],
    /// The kinds it looks up while judging.
    pub reads: &'static [Kind],
    /// What its findings do unless the settings say otherwise.
    pub action: Action,
    /// Release of ako-gate that first had it.
    pub since: &'static str,
    /// Whether its advice is dropped when something else is denied.
    pub only_if_allowed: bool,
    /// Whether it weighs a change by the objects that depend on it. It says nothing about what stands: there each of
    /// them is judged itself.
    pub about_dependants: bool,
    /// Where it is written.
    pub file: &'static str,
    /// The line there.
    pub line: u32,
    /// Looks at the subject and records what is wrong with it.
    pub check: fn(&Context<'_>, &mut Findings) -> Decided,
}

impl Rule {
    /// The summary: the first line of its page.
    pub fn summary(&self) -> &'static str {
        self.page.trim_start().lines().next().unwrap_or_default().trim()
    }

    /// The product its name begins with.
    pub fn product(&self) -> &'static str {
        self.name.split_once('/').map_or("", |(product, _)| product)
    }
}

/// What a check may ask.
pub struct Context<'a> {
    /// Look-ups and facts.
    pub view: View<'a>,
    /// What is being done.
    pub operation: Operation,
    /// Who asks; absent outside admission.
    pub requester: Option<&'a str>,
    /// What the change would break among other objects. Not cheap.
    pub breaks: &'a dyn Fn() -> Broken,
}

/// Objects that a change would break: for each kind how many, and the first few names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Broken {
    /// Kind, number and names.
    pub kinds: Vec<(&'static str, usize, Vec<String>)>,
    /// What it would do to VIPs and pools, whether that breaks anything or not.
    pub effects: Effects,
    /// Whether time ran out before all were looked at.
    pub cut_short: bool,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cut_short {
            f.write_str("at least ")?;
        }
        for (index, (kind, count, names)) in self.kinds.iter().enumerate() {
            let between = match index {
                0 => "",
                _ if index + 1 == self.kinds.len() => " and ",
                _ => ", ",
            };
            let plural = match (count, kind.ends_with('s')) {
                (1, _) => "",
                (_, true) => "es",
                (_, false) => "s",
            };
            let more = if *count > names.len() { ", ..." } else { "" };
            write!(f, "{between}{count} {kind}{plural} ({}{more})", names.join(", "))?;
        }
        Ok(())
    }
}

impl<'a> Deref for Context<'a> {
    type Target = View<'a>;

    fn deref(&self) -> &Self::Target {
        &self.view
    }
}

/// Findings as they are made.
#[derive(Debug, Default)]
pub struct Findings {
    /// The rule that runs.
    pub(crate) rule: &'static str,
    pub(crate) found: Vec<Finding>,
}

impl Findings {
    /// Records a finding of the rule that runs.
    pub fn push(&mut self, finding: Finding) {
        self.found.push(Finding { rule: self.rule, ..finding });
    }

    /// Whether the rule that runs has recorded none so far.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
}

/// Declares a rule. The doc comment is its manual page.
macro_rules! rule {
    (
        $(#[doc = $page:literal])*
        $name:literal,
        enforces: $enforces:expr,
        applies_to: $applies_to:expr,
        reads: $reads:expr,
        action: $action:ident,
        since: $since:literal,
        $(only_if_allowed: $only_if_allowed:literal,)?
        $(about_dependants: $about_dependants:literal,)?
        check: $check:path,
    ) => {
        $(#[doc = $page])*
        pub(crate) static RULE: Rule = Rule {
            name: $name,
            page: concat!($($page, "\n"),*),
            enforces: $enforces,
            applies_to: $applies_to,
            reads: $reads,
            action: Action::$action,
            since: $since,
            only_if_allowed: false $(|| $only_if_allowed)?,
            about_dependants: false $(|| $about_dependants)?,
            file: file!(),
            line: line!(),
            check: $check,
        };
    };
}
pub(crate) use rule;

#[cfg(test)]
mod tests {
    use super::Broken;

    #[test]
    fn says_how_much_would_break_and_names_a_few() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let kinds = vec![
            ("LoadBalancer Service", 5, names(&["a/a", "a/b", "a/c"])),
            ("Ingress", 2, names(&["a/i", "a/j"])),
            ("Node", 1, names(&["n"])),
        ];
        let broken = Broken { kinds, cut_short: true, ..Broken::default() };
        assert_eq!(
            broken.to_string(),
            "at least 5 LoadBalancer Services (a/a, a/b, a/c, ...), 2 Ingresses (a/i, a/j) and 1 Node (n)"
        );
    }
}
