//! What a change would do, before it takes any form: two judgements, two plans, and what differs.

pub mod human;
pub mod json;
pub mod path;

use std::collections::BTreeSet;

use super::check::{self, Checked, Unreadable};
use crate::model::{Action, Judged};
use crate::plan::ako::Plan;
use crate::plan::ako::change::Change;

/// Why findings are all that is compared.
const UNPLANNED: &str = "among the inputs is no configuration of AKO (ConfigMap avi-k8s-config, AKOConfig, or the chart's \
                         values): findings are compared, VIPs, pools and routes are not";

/// One side of a change.
#[derive(Debug)]
pub struct Side {
    /// What AKO would program; nothing where its configuration is not among the inputs.
    pub plan: Option<Plan>,
    /// What the rules say.
    pub judged: check::Report,
}

/// A run of `what-if`.
#[derive(Debug)]
pub struct Report {
    /// What is changed, as typed.
    pub to: Vec<String>,
    /// As it is.
    pub before: Side,
    /// As it would be.
    pub after: Side,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
}

/// A finding with the object it is about.
pub type Told<'a> = (&'a Checked, &'a Judged);

/// What a finding is known by from one side to the other; texts may name the release.
fn key<'a>((checked, judged): &Told<'a>) -> (&'a str, usize, &'static str, &'a str, &'a str, Action) {
    let finding = &judged.finding;
    (&checked.file, checked.document, finding.rule, finding.field.as_str(), &finding.value, judged.action)
}

impl Report {
    /// The findings that the change brings.
    pub fn appearing(&self) -> Vec<Told<'_>> {
        missing(&self.after.judged, &self.before.judged)
    }

    /// The findings that it takes away.
    pub fn vanishing(&self) -> Vec<Told<'_>> {
        missing(&self.before.judged, &self.after.judged)
    }

    /// What differs between the plans.
    pub fn change(&self) -> Option<Change<'_>> {
        Some(Change::between(self.before.plan.as_ref()?, self.after.plan.as_ref()?))
    }

    /// What gets worse, in words; nothing where nothing does.
    pub fn worse(&self) -> Vec<String> {
        let denials = self.appearing().iter().filter(|(_, judged)| judged.action == Action::Deny).count();
        let mut worse = Vec::new();
        if denials > 0 {
            worse.push(format!(
                "{denials} {}",
                if denials == 1 { "denial appears" } else { "denials appear" }
            ));
        }
        worse.extend(self.change().map(|change| change.worse()).unwrap_or_default());
        worse
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        let same = self.change().is_none_or(|change| change.is_empty());
        same && self.appearing().is_empty() && self.vanishing().is_empty()
    }

    /// What is assumed on either side, and what is not known and how to supply it.
    pub fn unknown(&self) -> BTreeSet<String> {
        let plans = || [&self.before, &self.after].into_iter().filter_map(|side| side.plan.as_ref());
        let mut unknown: BTreeSet<String> = plans().flat_map(Plan::assumptions).collect();
        if self.before.judged.checked.is_empty() {
            unknown.insert("the inputs hold no object".to_owned());
        } else if plans().next().is_none() {
            unknown.insert(UNPLANNED.to_owned());
        }
        unknown
    }

    /// The verdict in one line, for a change ticket.
    pub fn verdict(&self) -> String {
        let worse = self.worse();
        if !worse.is_empty() {
            return format!("worse: {}", worse.join(", "));
        }
        let change = self.change();
        if self.is_empty() {
            let is_uncertain = change.is_some_and(|change| change.is_uncertain);
            return if is_uncertain { "nothing is known to change" } else { "nothing changes" }.to_owned();
        }
        let of_plan = |number: fn(&Change<'_>) -> usize| change.as_ref().map_or(0, number);
        let parts = [
            (self.appearing().len(), "new warning", "new warnings"),
            (self.vanishing().len(), "finding less", "findings less"),
            (
                of_plan(|change| change.virtual_services.len()),
                "virtual service changes",
                "virtual services change",
            ),
            (of_plan(|change| change.pools.len()), "pool changes", "pools change"),
            (of_plan(|change| change.routes_gained.len()), "new static route", "new static routes"),
        ];
        let told = parts.into_iter().filter(|(number, ..)| *number > 0);
        let told: Vec<String> = told
            .map(|(number, one, many)| format!("{number} {}", if number == 1 { one } else { many }))
            .collect();
        let told = if told.is_empty() { "AKO leaves out other things".to_owned() } else { told.join(", ") };
        format!("nothing gets worse: {told}")
    }
}

fn missing<'a>(these: &'a check::Report, not: &check::Report) -> Vec<Told<'a>> {
    let known: BTreeSet<_> = not.findings().map(|told| owned(&key(&told))).collect();
    these.findings().filter(|told| !known.contains(&owned(&key(told)))).collect()
}

type Owned = (String, usize, &'static str, String, String, Action);

fn owned(
    (file, document, rule, field, value, action): &(&str, usize, &'static str, &str, &str, Action),
) -> Owned {
    ((*file).to_owned(), *document, rule, (*field).to_owned(), (*value).to_owned(), *action)
}
