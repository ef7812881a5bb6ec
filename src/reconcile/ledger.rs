//! The findings that stand, and what changed about them. Synchronous: it knows no client and no clock.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::verdict::Lowered;
use crate::model::{Action, Judged, Kind, ObjectRef};
use crate::report::text::{blamed, one_line};

/// Longest text of a finding that is kept: what a value or message holds may be a whole document.
const MAX_TEXT: usize = 1000;

/// The identity of an object, ordered by namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    /// The namespace; empty for cluster-scoped objects.
    pub namespace: String,
    /// The kind.
    pub kind: Kind,
    /// The name.
    pub name: String,
}

impl Id {
    /// The object of this kind, namespace and name.
    pub fn new(kind: Kind, namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.to_owned(), kind, name: name.to_owned() }
    }
}

/// What is done about a finding that stands, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// An exemption covers it: its reason and owner.
    Exempt(String, String),
    /// This.
    Action(Action),
}

impl Standing {
    /// The name in metrics and log lines.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Exempt(..) => "exempt",
            Self::Action(action) => action.name(),
        }
    }

    /// Whether somebody is told of it. What is only recorded or exempt is nobody's to mend.
    pub fn is_told(&self) -> bool {
        matches!(self, Self::Action(Action::Deny | Action::Warn))
    }
}

/// A finding as it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Identifies it across runs (design 3).
    pub fingerprint: String,
    /// The rule. One that a report names may exist no more.
    pub rule: String,
    /// The object.
    pub object: ObjectRef,
    /// The field.
    pub field: String,
    /// The value blamed.
    pub value: String,
    /// What is wrong.
    pub message: String,
    /// What follows from it.
    pub consequence: String,
    /// What to do.
    pub remedy: String,
    /// What is done about it.
    pub standing: Standing,
    /// When it was first seen, in seconds since 1970.
    pub since: i64,
}

impl Entry {
    /// A finding first seen at `now`.
    pub fn new(judged: &Judged, now: i64) -> Self {
        let finding = &judged.finding;
        let standing = match &judged.lowered {
            Some(Lowered::Exempt { reason, owner }) => Standing::Exempt(reason.clone(), owner.clone()),
            Some(Lowered::AlreadyThere) | None => Standing::Action(judged.action),
        };
        Self {
            fingerprint: finding.fingerprint(),
            rule: finding.rule.to_owned(),
            object: finding.object.clone(),
            field: one_line(finding.field.as_str(), MAX_TEXT),
            value: one_line(&finding.value, MAX_TEXT),
            message: one_line(&format!("{}: {}", blamed(finding), finding.message), MAX_TEXT),
            consequence: one_line(&finding.consequence, MAX_TEXT),
            remedy: one_line(&finding.remedy, MAX_TEXT),
            standing,
            since: now,
        }
    }

    /// The object's identity; nothing when no rule knows its kind any more.
    pub fn id(&self) -> Option<Id> {
        let kind = Kind::of(&self.object.api_version, &self.object.kind)?;
        Some(Id::new(kind, &self.object.namespace, &self.object.name))
    }
}

/// How many findings of a rule stand in a namespace, and what is done about them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tally {
    /// The rule.
    pub rule: String,
    /// See [`Standing::name`].
    pub action: &'static str,
    /// The namespace.
    pub namespace: String,
}

/// What judging some objects again changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// Findings that were not there before, or of which nobody was told.
    pub appeared: Vec<Entry>,
    /// Findings that are no more.
    pub resolved: Vec<Entry>,
    /// Namespaces whose reports may differ.
    pub namespaces: BTreeSet<String>,
}

/// Every finding that stands.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    objects: BTreeMap<Id, Vec<Entry>>,
    tallies: BTreeMap<Tally, usize>,
}

impl Ledger {
    /// Takes over the findings that reports show, so that only what differs from them is news. One that is shown twice, by
    /// reports that were being exchanged for others, is still one.
    pub fn seed(&mut self, entries: impl IntoIterator<Item = Entry>) {
        for entry in entries {
            let Some(id) = entry.id() else { continue };
            let known = self.objects.entry(id).or_default();
            if known.iter().all(|known| known.fingerprint != entry.fingerprint) {
                known.push(entry.clone());
                self.count(&entry, true);
            }
        }
    }

    /// Records the findings about an object as they are now; none when it is gone or sound.
    pub fn settle(&mut self, id: &Id, mut now: Vec<Entry>, effects: &mut Effects) {
        let before = self.objects.remove(id).unwrap_or_default();
        for entry in &mut now {
            match before.iter().find(|old| old.fingerprint == entry.fingerprint) {
                Some(old) => {
                    entry.since = old.since;
                    // an exemption has expired
                    if entry.standing.is_told() && !old.standing.is_told() {
                        effects.appeared.push(entry.clone());
                    }
                }
                None => effects.appeared.push(entry.clone()),
            }
        }
        if now != before {
            effects.namespaces.insert(id.namespace.clone());
            for entry in &before {
                self.count(entry, false);
            }
            for entry in &now {
                self.count(entry, true);
            }
        }
        let gone = before.into_iter().filter(|old| !now.iter().any(|e| e.fingerprint == old.fingerprint));
        effects.resolved.extend(gone);
        if !now.is_empty() {
            self.objects.insert(id.clone(), now);
        }
    }

    fn count(&mut self, entry: &Entry, more: bool) {
        let tally = Tally {
            rule: entry.rule.clone(),
            action: entry.standing.name(),
            namespace: entry.object.namespace.clone(),
        };
        let count = self.tallies.remove(&tally).unwrap_or_default();
        let count = if more { count + 1 } else { count.saturating_sub(1) };
        if count > 0 {
            self.tallies.insert(tally, count);
        }
    }

    /// How many findings stand, by rule, action and namespace.
    pub fn tallies(&self) -> impl Iterator<Item = (&Tally, usize)> {
        self.tallies.iter().map(|(tally, count)| (tally, *count))
    }

    /// The findings about objects of a namespace, in a fixed order.
    pub fn within(&self, namespace: &str) -> impl Iterator<Item = &Entry> {
        let start = Id::new(Kind::ALL[0], namespace, "");
        let from = self.objects.range(start..);
        from.take_while(move |(id, _)| id.namespace == namespace).flat_map(|(_, entries)| entries)
    }

    /// The objects with findings.
    pub fn ids(&self) -> impl Iterator<Item = &Id> {
        self.objects.keys()
    }

    /// The namespaces with findings.
    pub fn namespaces(&self) -> BTreeSet<String> {
        self.objects.keys().map(|id| id.namespace.clone()).collect()
    }

    /// What identifies the findings.
    pub fn fingerprints(&self) -> BTreeSet<&str> {
        self.objects.values().flatten().map(|entry| entry.fingerprint.as_str()).collect()
    }

    /// Number of findings.
    pub fn len(&self) -> usize {
        self.objects.values().map(Vec::len).sum()
    }

    /// Whether nothing is wrong anywhere.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, fingerprint: &str, action: Action, since: i64) -> Entry {
        let object = ObjectRef {
            api_version: "v1".into(),
            kind: "Service".into(),
            namespace: "shop".into(),
            name: name.into(),
        };
        Entry {
            fingerprint: fingerprint.into(),
            rule: "ako/x".into(),
            object,
            field: "spec".into(),
            value: String::new(),
            message: "m".into(),
            consequence: String::new(),
            remedy: String::new(),
            standing: Standing::Action(action),
            since,
        }
    }

    fn prints(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.fingerprint.as_str()).collect()
    }

    #[test]
    fn tells_what_appeared_and_what_was_resolved() {
        let (mut ledger, id) = (Ledger::default(), Id::new(Kind::Service, "shop", "web"));
        let mut effects = Effects::default();
        ledger.settle(
            &id,
            vec![entry("web", "1", Action::Deny, 5), entry("web", "2", Action::Warn, 5)],
            &mut effects,
        );
        assert_eq!((prints(&effects.appeared), effects.resolved.len()), (vec!["1", "2"], 0));
        assert_eq!(
            ledger.tallies().map(|(tally, count)| (tally.action, count)).collect::<Vec<_>>(),
            [("deny", 1), ("warn", 1)]
        );

        let mut effects = Effects::default();
        ledger.settle(
            &id,
            vec![entry("web", "2", Action::Warn, 9), entry("web", "3", Action::Deny, 9)],
            &mut effects,
        );
        assert_eq!((prints(&effects.appeared), prints(&effects.resolved)), (vec!["3"], vec!["1"]));
        assert_eq!(ledger.within("shop").map(|entry| entry.since).collect::<Vec<_>>(), [5, 9]);

        let mut effects = Effects::default();
        ledger.settle(&id, Vec::new(), &mut effects);
        assert_eq!(prints(&effects.resolved), ["2", "3"]);
        assert!(ledger.is_empty() && ledger == Ledger::default());
    }

    #[test]
    fn the_same_again_is_no_news() {
        let (mut ledger, id) = (Ledger::default(), Id::new(Kind::Service, "shop", "web"));
        ledger.settle(&id, vec![entry("web", "1", Action::Deny, 5)], &mut Effects::default());
        let mut effects = Effects::default();
        ledger.settle(&id, vec![entry("web", "1", Action::Deny, 9)], &mut effects);
        assert_eq!(effects, Effects::default());
        // another action is no news either, but shows in the report
        ledger.settle(&id, vec![entry("web", "1", Action::Warn, 9)], &mut effects);
        assert!(effects.appeared.is_empty() && effects.namespaces.contains("shop"));
    }

    #[test]
    fn what_nobody_was_told_of_is_news_once_they_are() {
        let (mut ledger, id) = (Ledger::default(), Id::new(Kind::Service, "shop", "web"));
        let exempt = Entry {
            standing: Standing::Exempt("later".into(), "team".into()),
            ..entry("web", "1", Action::Deny, 5)
        };
        ledger.seed([exempt.clone()]);
        let mut effects = Effects::default();
        ledger.settle(&id, vec![entry("web", "1", Action::Deny, 9)], &mut effects);
        assert_eq!((prints(&effects.appeared), effects.appeared[0].since), (vec!["1"], 5));
        let mut effects = Effects::default();
        ledger.settle(&id, vec![exempt], &mut effects);
        assert!(effects.appeared.is_empty() && effects.resolved.is_empty());
    }

    #[test]
    fn what_reports_show_is_no_news() {
        let mut ledger = Ledger::default();
        let mut effects = Effects::default();
        ledger.seed([entry("web", "1", Action::Deny, 5), entry("old", "2", Action::Deny, 5)]);
        ledger.settle(
            &Id::new(Kind::Service, "shop", "web"),
            vec![entry("web", "1", Action::Deny, 9)],
            &mut effects,
        );
        ledger.settle(&Id::new(Kind::Service, "shop", "old"), Vec::new(), &mut effects);
        assert_eq!((effects.appeared.len(), prints(&effects.resolved)), (0, vec!["2"]));
        assert_eq!((ledger.len(), ledger.namespaces().len()), (1, 1));
    }
}
