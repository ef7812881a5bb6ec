//! What Events are to say, and in which order.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::model::ObjectRef;
use crate::reconcile::ledger::{Effects, Entry, Ledger};
use crate::report::text::one_line;

/// Events that may wait. More are dropped: reports, metrics and the log have everything.
const WAITING: usize = 1000;
/// Longest message (k8s.io/kubernetes@v1.36.3:pkg/apis/core/validation/events.go allows 1024 bytes).
const MAX_MESSAGE: usize = 250;
/// Longest object name in an Event's name, which may have 253 characters.
const MAX_NAME: usize = 220;

/// What an Event is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub(super) object: ObjectRef,
    /// The finding that gives it its name.
    fingerprint: String,
    /// Whether the finding appeared, as opposed to being resolved.
    pub(super) appeared: bool,
    pub(super) message: String,
    /// Whether the leader saw it happen, as opposed to finding it when it took over.
    pub(super) is_live: bool,
    /// When it was seen.
    pub(super) at: Timestamp,
    /// How often it was refused.
    pub(super) failures: u32,
}

impl Notice {
    pub(super) fn name(&self) -> String {
        self.name_of(self.appeared)
    }

    /// The name of the Event that says the finding appeared, or was resolved.
    pub(super) fn name_of(&self, appeared: bool) -> String {
        let object: String = self.object.name.chars().take(MAX_NAME).collect();
        // each part of a name ends with a letter or digit (RFC 1123)
        let object = object.trim_end_matches(['-', '.']);
        let suffix = if appeared { "" } else { ".resolved" };
        format!("{object}.{}{suffix}", self.fingerprint)
    }

    pub(super) fn reason(&self) -> &'static str {
        if self.appeared { "FindingAppeared" } else { "FindingResolved" }
    }
}

/// What is to be said about some effects that were seen at `at`: one Event for each object and rule.
pub fn notices(effects: &Effects, is_live: bool, at: Timestamp) -> Vec<Notice> {
    let mut found = Vec::new();
    for (entries, appeared) in [(&effects.appeared, true), (&effects.resolved, false)] {
        let told = |entry: &&Entry| entry.standing.is_told() && entry.id().is_some();
        let told: Vec<&Entry> = entries.iter().filter(told).collect();
        for same in told.chunk_by(|a, b| a.object == b.object && a.rule == b.rule) {
            let Some(first) = same.first() else { continue };
            let more = if same.len() > 1 { format!(" (and {} more)", same.len() - 1) } else { String::new() };
            let message = if appeared {
                format!("{} ({}){more}: {}", first.message, first.rule, first.remedy)
            } else {
                format!("no longer: {} ({}){more}", first.message, first.rule)
            };
            found.push(Notice {
                object: first.object.clone(),
                fingerprint: first.fingerprint.clone(),
                appeared,
                message: one_line(&message, MAX_MESSAGE),
                is_live,
                at,
                failures: 0,
            });
        }
    }
    found
}

/// What waits to be said.
#[derive(Debug, Default)]
pub(super) struct Queue(VecDeque<Notice>);

impl Queue {
    /// Puts a notice at the end, unless it is full; whether it was not. One that takes back what still waits ends both.
    pub(super) fn add(&mut self, notice: Notice) -> bool {
        let same = self.0.iter().position(|other| other.fingerprint == notice.fingerprint);
        match same.and_then(|index| Some((index, self.0.get(index)?.appeared))) {
            Some((_, appeared)) if appeared == notice.appeared => {}
            Some((index, _)) => drop(self.0.remove(index)),
            None if self.0.len() < WAITING => self.0.push_back(notice),
            None => return false,
        }
        true
    }

    /// The next one.
    pub(super) fn pop(&mut self) -> Option<Notice> {
        self.0.pop_front()
    }

    /// Puts one at the end that could not be said.
    pub(super) fn put_back(&mut self, notice: Notice) {
        self.0.push_back(notice);
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps what is true of the published findings.
    pub(super) fn keep_true(&mut self, published: &Ledger) {
        let standing = published.fingerprints();
        self.0.retain(|notice| standing.contains(notice.fingerprint.as_str()) == notice.appeared);
        self.0.iter_mut().for_each(|notice| notice.is_live = false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Action;
    use crate::reconcile::ledger::Standing;

    fn entry(rule: &str, field: &str, standing: Standing) -> Entry {
        let object = ObjectRef {
            api_version: "v1".into(),
            kind: "Service".into(),
            namespace: "shop".into(),
            name: "web".into(),
        };
        Entry {
            fingerprint: format!("{rule}-{field}"),
            rule: rule.into(),
            object,
            field: field.into(),
            value: String::new(),
            message: format!("{field}: wrong"),
            consequence: String::new(),
            remedy: "mend it".into(),
            standing,
            since: 0,
        }
    }

    fn told(effects: &Effects) -> Vec<Notice> {
        notices(effects, true, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn one_event_for_an_object_and_a_rule() {
        let deny = || Standing::Action(Action::Deny);
        let effects = Effects {
            appeared: vec![entry("x", "a", deny()), entry("x", "b", deny()), entry("y", "a", deny())],
            resolved: vec![entry("z", "a", deny())],
            ..Effects::default()
        };
        let said: Vec<String> =
            told(&effects).into_iter().map(|n| format!("{} {}", n.name(), n.message)).collect();
        assert_eq!(
            said,
            [
                "web.x-a a: wrong (x) (and 1 more): mend it",
                "web.y-a a: wrong (y): mend it",
                "web.z-a.resolved no longer: a: wrong (z)",
            ]
        );
    }

    /// An Ingress may have a name of 253 characters.
    #[test]
    fn the_name_of_an_event_is_one() {
        let mut entry = entry("x", "a", Standing::Action(Action::Deny));
        for cut in ["-", ".", "-.", ""] {
            let start = "a".repeat(MAX_NAME - cut.len());
            entry.object.name = format!("{start}{cut}{}", "b".repeat(253 - MAX_NAME));
            let said = told(&Effects { appeared: vec![entry.clone()], ..Effects::default() });
            assert_eq!(said[0].name(), format!("{start}.x-a"));
        }
    }

    #[test]
    fn what_is_only_recorded_is_not_said() {
        let quiet = [Standing::Action(Action::Audit), Standing::Exempt("r".into(), "o".into())];
        let appeared = quiet.into_iter().map(|standing| entry("x", "a", standing)).collect();
        assert!(told(&Effects { appeared, ..Effects::default() }).is_empty());
    }

    #[test]
    fn what_is_taken_back_before_it_was_said_is_not_said() {
        let mut queue = Queue::default();
        let mut happens = |appeared: bool, field: &str| {
            let entries = vec![entry("x", field, Standing::Action(Action::Deny))];
            let effects = if appeared {
                Effects { appeared: entries, ..Effects::default() }
            } else {
                Effects { resolved: entries, ..Effects::default() }
            };
            for notice in told(&effects) {
                assert!(queue.add(notice));
            }
            queue.0.iter().map(Notice::name).collect::<Vec<_>>()
        };
        assert_eq!(happens(true, "a"), ["web.x-a"]);
        assert_eq!(happens(true, "b"), ["web.x-a", "web.x-b"]);
        assert_eq!(happens(false, "a"), ["web.x-b"]);
        assert_eq!(happens(false, "a"), ["web.x-b", "web.x-a.resolved"]);
        // said before, but perhaps not heard
        assert_eq!(happens(false, "a"), ["web.x-b", "web.x-a.resolved"]);

        let mut published = Ledger::default();
        published.seed([entry("x", "a", Standing::Action(Action::Deny))]);
        queue.keep_true(&published);
        assert!(queue.0.is_empty(), "neither was published");
    }
}
