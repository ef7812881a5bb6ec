//! SARIF 2.1.0, for code scanning services and editors.
//!
//! The structures hold what the report fills in; their names are those of the standard.

use std::collections::BTreeMap;

use serde::Serialize;

use super::check::{Checked, Report};
use super::page;
use super::text::{relative, told};
use crate::model::verdict::Lowered;
use crate::model::{Action, Edit, Finding, Judged, Span};
use crate::rule::Rule;
use crate::rules;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    column_kind: &'static str,
    invocations: [Invocation<'a>; 1],
    results: Vec<Outcome<'a>>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    short_description: Text,
    full_description: Text,
    help: Help,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Properties {
    tags: Vec<&'static str>,
    sources: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<'a> {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification<'a>>,
}

#[derive(Serialize)]
struct Notification<'a> {
    level: &'static str,
    message: Text,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a> {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: [Location<'a>; 1],
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Fix>,
    /// Always there, so that an empty list says "not suppressed".
    suppressions: Vec<Suppression>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fix {
    description: Text,
    artifact_changes: [ArtifactChange; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange {
    artifact_location: ArtifactLocation,
    replacements: [Replacement; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    deleted_region: Region,
    inserted_content: Text,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    justification: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    logical_locations: Option<[LogicalLocation<'a>; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

impl From<Span> for Region {
    fn from(span: Span) -> Self {
        let Span { line, column, end_line, end_column } = span;
        Self { start_line: line, start_column: column, end_line, end_column }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation<'a> {
    name: &'a str,
    fully_qualified_name: String,
}

/// The report as SARIF. Files below `folder` are named from there.
pub fn render(report: &Report, folder: &str) -> String {
    let mut fired: Vec<&Rule> =
        report.findings().filter_map(|(_, judged)| rules::find(judged.finding.rule)).collect();
    fired.sort_unstable_by_key(|rule| rule.name);
    fired.dedup_by_key(|rule| rule.name);
    let results = report.findings().filter_map(|(checked, judged)| {
        let index = fired.binary_search_by_key(&judged.finding.rule, |rule| rule.name).ok()?;
        Some(outcome(index, checked, judged, folder))
    });
    let run = Run {
        column_kind: "unicodeCodePoints",
        invocations: [invocation(report, folder)],
        results: results.collect(),
        tool: Tool {
            driver: Driver {
                name: "ako-gate",
                version: env!("CARGO_PKG_VERSION"),
                rules: fired.into_iter().map(descriptor).collect(),
            },
        },
    };
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [run] };
    // plain strings and numbers: there is nothing that could fail to serialize
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

fn level(action: Action) -> &'static str {
    match action {
        Action::Deny => "error",
        Action::Warn => "warning",
        Action::Audit | Action::Off => "note",
    }
}

fn descriptor(rule: &Rule) -> Descriptor {
    let page = page::rule(rule);
    Descriptor {
        id: rule.name,
        short_description: Text { text: rule.summary().to_owned() },
        full_description: Text { text: page::section(rule, "Why") },
        help: Help { text: page.clone(), markdown: page },
        default_configuration: Configuration { level: level(rule.action) },
        properties: Properties {
            tags: rule.enforces.iter().map(|row| row.capability).collect(),
            sources: rule.enforces.iter().map(|row| row.source).collect(),
        },
    }
}

fn outcome<'a>(rule_index: usize, checked: &'a Checked, judged: &'a Judged, folder: &str) -> Outcome<'a> {
    let finding = &judged.finding;
    let field = finding.field.as_str();
    let name = format!("{} {field}", finding.object);
    let suppression = match &judged.lowered {
        Some(Lowered::Exempt { reason, owner }) => {
            Some(Suppression { kind: "external", justification: format!("{reason} ({owner})") })
        }
        _ => None,
    };
    Outcome {
        rule_id: finding.rule,
        rule_index,
        level: level(judged.action),
        message: Text { text: told(judged) },
        locations: [Location {
            physical_location: physical(&checked.file, finding.span, folder),
            logical_locations: Some([LogicalLocation { name: field, fully_qualified_name: name }]),
        }],
        partial_fingerprints: BTreeMap::from([("akoGateFinding/v1", finding.fingerprint())]),
        fixes: finding.edit.iter().map(|edit| fix(finding, edit, &checked.file, folder)).collect(),
        suppressions: suppression.into_iter().collect(),
    }
}

fn fix(finding: &Finding, edit: &Edit, file: &str, folder: &str) -> Fix {
    Fix {
        description: Text { text: finding.remedy.clone().into_owned() },
        artifact_changes: [ArtifactChange {
            artifact_location: ArtifactLocation { uri: uri(file, folder) },
            replacements: [Replacement {
                deleted_region: edit.span.into(),
                inserted_content: Text { text: edit.text.clone() },
            }],
        }],
    }
}

fn invocation<'a>(report: &Report, folder: &str) -> Invocation<'a> {
    let unreadable = report.unreadable.iter().map(|unreadable| {
        let (line, column) = (unreadable.line, unreadable.column);
        let span = Span { line, column, end_line: line, end_column: column };
        let physical_location = physical(&unreadable.file, Some(span), folder);
        Notification {
            level: "error",
            message: Text { text: format!("cannot be read: {}", unreadable.message) },
            locations: vec![Location { physical_location, logical_locations: None }],
        }
    });
    let note = |text: String| Notification { level: "note", message: Text { text }, locations: Vec::new() };
    let notes = report.notes().into_iter().map(note);
    Invocation {
        execution_successful: report.unreadable.is_empty(),
        tool_execution_notifications: unreadable.chain(notes).collect(),
    }
}

/// The place in a file; the whole file where nothing more is known.
fn physical(file: &str, span: Option<Span>, folder: &str) -> PhysicalLocation {
    let region = span.filter(|span| span.line > 0 && span.column > 0).map(Region::from);
    PhysicalLocation { artifact_location: ArtifactLocation { uri: uri(file, folder) }, region }
}

/// A file's name as a URI: relative where it is, every byte that means something else in a URI encoded.
fn uri(file: &str, folder: &str) -> String {
    let file = relative(file, folder);
    let mut uri = if file.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in file.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn files_are_named_by_uris() {
        assert_eq!(uri("deploy/a b%ü#.yaml", "/x"), "deploy/a%20b%25%C3%BC%23.yaml");
        assert_eq!(uri("./a:b.yaml", "/x"), "a%3Ab.yaml");
        assert_eq!(uri("/x/deploy/a.yaml", "/x"), "deploy/a.yaml");
        assert_eq!(uri("/xy/a.yaml", "/x"), "file:///xy/a.yaml");
        assert_eq!(uri("<stdin>", "/x"), "%3Cstdin%3E");
    }
}
