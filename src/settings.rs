//! What the people who run the gate decided: actions, exemptions, the profile. Parsed form only.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use jiff::civil::Date;

use crate::model::{Action, Finding, Stated};
use crate::rule::Rule;

/// The way an object came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// The admission webhook, and `review`.
    Webhook,
    /// The command line's `check`.
    Check,
    /// The reconciler.
    Reconcile,
}

impl Door {
    /// Every door, with its name in settings.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Webhook, "webhook"), (Self::Check, "check"), (Self::Reconcile, "reconcile")];
}

/// A rule name, `product/*` or `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulePattern(pub String);

impl RulePattern {
    /// Whether it covers a rule.
    pub fn covers(&self, rule: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(prefix) => rule.starts_with(prefix),
            None => self.0 == rule,
        }
    }

    /// How narrow it is: a longer pattern wins over a shorter one, a name over both.
    fn rank(&self) -> (bool, usize) {
        (!self.0.ends_with('*'), self.0.len())
    }
}

/// What is done about the findings of some rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionSetting {
    /// The rules.
    pub rules: RulePattern,
    /// The action for each door of [`Door::ALL`]; `None` leaves the default.
    pub actions: [Option<Action>; 3],
}

/// Objects that a rule must not deny, for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemption {
    /// The rules.
    pub rules: RulePattern,
    /// Kind, namespace and name of the objects; `*` stands for any characters.
    pub kind: String,
    /// See `kind`.
    pub namespace: String,
    /// See `kind`.
    pub name: String,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day it counts; for ever when absent.
    pub expires: Option<Date>,
}

impl Exemption {
    /// Whether it no longer counts on this day.
    pub fn is_expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|expires| expires < today)
    }

    fn covers(&self, finding: &Finding) -> bool {
        self.rules.covers(finding.rule)
            && glob(&self.kind, &finding.object.kind)
            && glob(&self.namespace, &finding.object.namespace)
            && glob(&self.name, &finding.object.name)
    }
}

/// Whether `text` matches `pattern`, in which `*` stands for any characters.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut left) = text.strip_prefix(head) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let tail = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    left.ends_with(tail)
}

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Stated facts about the environment.
    pub stated: Stated,
    /// Actions of rules.
    pub actions: Vec<ActionSetting>,
    /// Exemptions.
    pub exemptions: Vec<Exemption>,
    /// What the webhook does with what it cannot decide or decode: allow (audit), warn or deny.
    pub unknown: Action,
    /// The namespace of the ConfigMap with which the gate proves that it is asked.
    pub probe_namespace: String,
    /// Whether the API server is to refuse what no gate answers, once the gate has proven that it is asked.
    pub fail: bool,
    /// The log level; `None` leaves the one the process was started with.
    pub log: Option<String>,
}

/// The namespaces the webhook configuration leaves out, so that no probe could arrive from them.
pub const EXCLUDED_NAMESPACES: [&str; 2] = ["kube-system", "ako-gate-system"];

/// The log levels.
pub const LOG_LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

impl Default for Settings {
    fn default() -> Self {
        Self {
            stated: Stated::default(),
            actions: Vec::new(),
            exemptions: Vec::new(),
            unknown: Action::Warn,
            probe_namespace: "default".to_owned(),
            fail: false,
            log: None,
        }
    }
}

impl Settings {
    /// What is done about the findings of `rule` at `door`.
    pub fn action(&self, rule: &Rule, door: Door) -> Action {
        let set = self.actions.iter().filter(|setting| setting.rules.covers(rule.name));
        let set = set.filter_map(|s| Some((s.rules.rank(), s.actions[door as usize]?)));
        set.max_by_key(|(rank, _)| *rank).map_or(rule.action, |(_, action)| action)
    }

    /// The exemption that covers a finding and still counts today.
    pub fn exemption(&self, finding: &Finding, today: Date) -> Option<&Exemption> {
        self.exemptions.iter().find(|exemption| !exemption.is_expired(today) && exemption.covers(finding))
    }

    /// The exemptions that no longer count.
    pub fn expired(&self, today: Date) -> impl Iterator<Item = &Exemption> {
        self.exemptions.iter().filter(move |exemption| exemption.is_expired(today))
    }
}

#[cfg(test)]
mod tests {
    use super::{RulePattern, glob};

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, text) in
            [("*", ""), ("legacy-*", "legacy-a"), ("*-a", "x-a"), ("a*c*e", "abcde"), ("a", "a")]
        {
            assert!(glob(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("legacy-*", "x-legacy-a"), ("a*c", "ab"), ("", "a"), ("ab*ba", "aba")] {
            assert!(!glob(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_pattern_covers_a_product_or_a_rule() {
        assert!(RulePattern("ako/*".into()).covers("ako/x"));
        assert!(!RulePattern("ako/x".into()).covers("ako/xy"));
        assert!(RulePattern("*".into()).covers("kops/x"));
    }
}
