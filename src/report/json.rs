//! The JSON of `check` (design 3). Fields are only ever added.

use std::collections::BTreeMap;

use serde::Serialize;

use super::check::{self, Checked, Report};
use crate::model::verdict::Lowered;
use crate::model::{Edit, Judged, ObjectRef, Profile};
use crate::rules;

/// The document that `check --format json` prints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    api_version: &'static str,
    profile: BTreeMap<&'static str, Answer<'a>>,
    summary: Summary,
    findings: Vec<Finding<'a>>,
    skipped: Vec<Skipped<'a>>,
    unreadable: Vec<Unreadable<'a>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Answer<'a> {
    value: &'a str,
    from: &'static str,
}

#[derive(Debug, Serialize)]
struct Summary {
    judged: usize,
    deny: usize,
    warn: usize,
    audit: usize,
    exempt: usize,
    skipped: usize,
}

/// A finding, as every machine-readable output has it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding<'a> {
    rule: &'static str,
    action: &'static str,
    kind: &'static str,
    object: Object<'a>,
    field: &'a str,
    value: &'a str,
    message: &'a str,
    consequence: &'a str,
    remedy: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    matrix: Option<Matrix<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source<'a>>,
    fingerprint: String,
    exemption: Option<Exemption<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Fix<'a>>,
}

/// The change of the file that mends the fault.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Fix<'a> {
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    text: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Object<'a> {
    api_version: &'a str,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
}

#[derive(Debug, Serialize)]
struct Matrix<'a> {
    product: &'static str,
    release: &'a str,
    capability: &'static str,
    source: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Source<'a> {
    file: &'a str,
    document: usize,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Debug, Serialize)]
struct Exemption<'a> {
    reason: &'a str,
    owner: &'a str,
}

#[derive(Debug, Serialize)]
struct Skipped<'a> {
    rule: &'static str,
    object: Object<'a>,
    why: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct Unreadable<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    message: &'a str,
}

impl<'a> From<&'a check::Unreadable> for Unreadable<'a> {
    fn from(unreadable: &'a check::Unreadable) -> Self {
        let check::Unreadable { file, line, column, message } = unreadable;
        Self { file, line: *line, column: *column, message }
    }
}

/// The answers of a profile, by their keys.
pub(super) fn answers(profile: &Profile) -> BTreeMap<&'static str, Answer<'_>> {
    let entries = profile.entries().into_iter();
    entries.map(|(key, value, from)| (key, Answer { value, from: from.name() })).collect()
}

impl<'a> From<&'a ObjectRef> for Object<'a> {
    fn from(object: &'a ObjectRef) -> Self {
        let ObjectRef { api_version, kind, namespace, name } = object;
        Self { api_version, kind, namespace, name }
    }
}

impl<'a> Finding<'a> {
    /// One finding of a report.
    pub fn new(report: &'a Report, checked: &'a Checked, judged: &'a Judged) -> Self {
        let finding = &judged.finding;
        let rule = rules::find(finding.rule);
        let row = rule.and_then(|rule| Some((rule, *rule.enforces.first()?)));
        let matrix = row.map(|(rule, row)| Matrix {
            product: rule.product(),
            release: report.release(judged),
            capability: row.capability,
            source: row.source,
        });
        let source = finding.span.map(|span| Source {
            file: &checked.file,
            document: checked.document,
            line: span.line,
            column: span.column,
            end_line: span.end_line,
            end_column: span.end_column,
        });
        let exemption = match &judged.lowered {
            Some(Lowered::Exempt { reason, owner }) => Some(Exemption { reason, owner }),
            _ => None,
        };
        let fix = finding.edit.as_ref().map(|Edit { span, text }| Fix {
            line: span.line,
            column: span.column,
            end_line: span.end_line,
            end_column: span.end_column,
            text,
        });
        Self {
            rule: finding.rule,
            action: judged.action.name(),
            kind: finding.kind.name(),
            object: Object::from(&finding.object),
            field: finding.field.as_str(),
            value: &finding.value,
            message: &finding.message,
            consequence: &finding.consequence,
            remedy: &finding.remedy,
            matrix,
            source,
            fingerprint: finding.fingerprint(),
            exemption,
            fix,
        }
    }
}

impl<'a> From<&'a Report> for Document<'a> {
    fn from(report: &'a Report) -> Self {
        let counts = report.counts();
        Self {
            api_version: "ako-gate/v1",
            profile: answers(&report.profile),
            summary: Summary {
                judged: counts.judged,
                deny: counts.deny,
                warn: counts.warn,
                audit: counts.audit,
                exempt: counts.exempt,
                skipped: counts.skipped,
            },
            findings: report
                .findings()
                .map(|(checked, judged)| Finding::new(report, checked, judged))
                .collect(),
            skipped: report
                .skipped()
                .map(|s| Skipped { rule: s.rule, object: Object::from(&s.object), why: &s.why })
                .collect(),
            unreadable: report.unreadable.iter().map(Unreadable::from).collect(),
        }
    }
}

/// The report as YAML text.
pub fn render_yaml(report: &Report) -> String {
    serde_saphyr::to_string(&Document::from(report)).unwrap_or_default()
}

/// The report as JSON text.
pub fn render(report: &Report) -> String {
    // plain strings and numbers: there is nothing that could fail to serialize
    let mut text = serde_json::to_string_pretty(&Document::from(report)).unwrap_or_default();
    text.push('\n');
    text
}
