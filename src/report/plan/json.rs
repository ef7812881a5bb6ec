//! Plans as JSON (design 2).

use std::collections::BTreeMap;

use serde::ser::{Serialize, Serializer};

use super::{Planned, Report, ako};
use crate::plan::Value;
use crate::report::check;
use crate::report::json::{Answer, Finding, Object, Unreadable, answers};

#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    profile: BTreeMap<&'static str, Answer<'a>>,
    #[serde(flatten)]
    ako: Option<ako::Document<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Vec<Finding<'a>>>,
    plans: Vec<Section<'a>>,
    remarks: Vec<String>,
    unreadable: Vec<Unreadable<'a>>,
}

#[derive(Debug, serde::Serialize)]
struct Section<'a> {
    product: &'static str,
    object: Object<'a>,
    source: Source<'a>,
    derived: Derived,
}

#[derive(Debug, serde::Serialize)]
struct Source<'a> {
    file: &'a str,
    document: usize,
}

#[derive(Debug)]
struct Derived(Value);

impl Serialize for Derived {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(&self.0, serializer)
    }
}

fn serialize<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Value::Text(text) => serializer.serialize_str(text),
        Value::Number(number) => serializer.serialize_i64(*number),
        Value::Map(entries) => {
            serializer.collect_map(entries.iter().map(|(name, value)| (name, Derived(value.clone()))))
        }
    }
}

impl<'a> From<&'a Planned<'a>> for Section<'a> {
    fn from(planned: &'a Planned<'a>) -> Self {
        Self {
            product: planned.plan.product().name(),
            object: Object::from(&planned.object),
            source: Source { file: &planned.file, document: planned.document },
            derived: Derived(planned.plan.derived()),
        }
    }
}

fn findings(judged: &check::Report) -> Vec<Finding<'_>> {
    judged.findings().map(|(checked, one)| Finding::new(judged, checked, one)).collect()
}

/// The plans as JSON text.
pub fn render(report: &Report<'_>) -> String {
    let document = Document {
        api_version: "ako-gate/v1",
        profile: answers(report.profile),
        ako: report.ako.as_ref().map(|ako| ako::Document::from(&ako.plan)),
        findings: report.ako.as_ref().map(|ako| findings(&ako.judged)),
        plans: report.planned.iter().map(Section::from).collect(),
        remarks: report.remarks(),
        unreadable: report.unreadable.iter().map(Unreadable::from).collect(),
    };
    // plain strings and numbers: there is nothing that could fail to serialize
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}
