//! Findings that are already known and do not count again.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use super::args::CheckArgs;
use crate::report::check::Report;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Baseline {
    api_version: String,
    kind: String,
    /// What is known, by fingerprint; the text beside it is for people.
    findings: BTreeMap<String, String>,
}

impl Baseline {
    fn new(findings: BTreeMap<String, String>) -> Self {
        Self { api_version: "ako-gate/v1".to_owned(), kind: "Baseline".to_owned(), findings }
    }

    fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
        let baseline: Self =
            serde_json::from_str(&text).with_context(|| format!("{} is no baseline", path.display()))?;
        if baseline.api_version != "ako-gate/v1" || baseline.kind != "Baseline" {
            bail!("{} is no baseline of ako-gate/v1", path.display());
        }
        Ok(baseline)
    }
}

/// Writes the baseline if asked to, and takes what it knows out of the report.
pub(super) fn apply(args: &CheckArgs, mut report: Report) -> anyhow::Result<Report> {
    let mut known =
        args.baseline.as_deref().map(Baseline::read).transpose()?.map(|baseline| baseline.findings);
    if let Some(path) = &args.write_baseline {
        let describe = |finding: &crate::model::Finding| {
            format!("{} {} {}", finding.rule, finding.object, finding.field)
        };
        let now =
            report.findings().map(|(_, judged)| (judged.finding.fingerprint(), describe(&judged.finding)));
        let mut findings: BTreeMap<String, String> = now.collect();
        if path.exists() && !args.grow_baseline {
            let before = Baseline::read(path)?.findings;
            findings.retain(|fingerprint, _| before.contains_key(fingerprint));
        }
        let text = serde_json::to_string_pretty(&Baseline::new(findings.clone()))?;
        fs::write(path, text + "\n").with_context(|| format!("failed to write {}", path.display()))?;
        known.get_or_insert_default().extend(findings);
    }
    if let Some(known) = known {
        for checked in &mut report.checked {
            checked.verdict.findings.retain(|judged| !known.contains_key(&judged.finding.fingerprint()));
        }
    }
    Ok(report)
}
