//! `ako-gate check --fix`: the files without the faults that have exactly one safe answer.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, bail};
use similar::TextDiff;

use super::args::CheckArgs;
use super::input::{self, Input, STDIN};
use super::{Outcome, judged, output};
use crate::decode;
use crate::decode::edit::{self, Editor};
use crate::model::verdict::Lowered;
use crate::model::{Edit, Kind};
use crate::report::check::Report;
use crate::report::text::shown;

/// How often the files are judged anew: one fix can bring to light what another one mends.
const PASSES: usize = 5;

/// Works out how the files would have to change, for every finding that has a fix.
pub(super) fn find(report: &mut Report, inputs: &[Input]) {
    let texts: BTreeMap<&str, &str> =
        inputs.iter().map(|input| (input.file.as_str(), input.text.as_str())).collect();
    // findings come file by file
    let mut open: Option<(String, Option<Editor<'_>>)> = None;
    for checked in &mut report.checked {
        for judged in checked.verdict.findings.iter_mut().filter(|judged| judged.finding.fix.is_some()) {
            if open.as_ref().is_none_or(|(file, _)| *file != checked.file) {
                let text = texts.get(checked.file.as_str()).filter(|text| decode::file::is_whole(text));
                open = Some((checked.file.clone(), text.map(|text| Editor::of(text))));
            }
            let editor = open.as_ref().and_then(|(_, editor)| editor.as_ref());
            judged.finding.edit = editor.and_then(|editor| editor.edit(&judged.finding));
        }
    }
}

/// Mends the inputs, writes them or what would change, and reports what is left.
pub(super) fn run(
    args: &CheckArgs,
    inputs: Vec<Input>,
    before: Report,
    judge: &dyn Fn(&[Input]) -> anyhow::Result<Report>,
    as_kind: Option<Kind>,
) -> Outcome {
    let code_before = judged::ended(args, &before);
    let (originals, mut inputs, mut report, mut fixed) = (inputs.clone(), inputs, before, 0);
    for _ in 0..PASSES {
        let edits = edits(&report);
        if edits.is_empty() {
            break;
        }
        for input in &mut inputs {
            let Some(edits) = edits.get(&input.file) else { continue };
            let text = edit::apply(&input.text, edits.iter().copied());
            let is_marked = input.is_marked;
            *input = input::of_text(std::mem::take(&mut input.file), text, as_kind);
            input.is_marked = is_marked;
        }
        fixed += edits.values().map(BTreeSet::len).sum::<usize>();
        report = judge(&inputs)?;
    }
    let changed = || originals.iter().zip(&inputs).filter(|(old, new)| old.text != new.text);
    let (counts, noun) = (report.counts(), if fixed == 1 { "finding" } else { "findings" });
    let left = counts.deny + counts.warn;
    if args.diff {
        let diff: String = changed().map(|(old, new)| diff(old, new)).collect();
        output::stdout(&diff)?;
        if !args.quiet {
            output::stderr(&format!("{fixed} {noun} would be fixed, {left} left\n"));
        }
        return Ok(code_before);
    }
    let mut failed = false;
    for (old, new) in changed().filter(|(old, _)| old.file != STDIN) {
        if let Err(error) = write(old, new) {
            output::stderr(&shown(&format!("error: {error:#}")));
            output::stderr("\n");
            failed = true;
        }
    }
    let text = judged::rendered(args, &report, &inputs);
    match inputs.iter().find(|input| input.file == STDIN) {
        Some(input) => {
            output::stderr(&text);
            output::stdout(&input.content())?;
        }
        None => output::stdout(&text)?,
    }
    if !args.quiet {
        output::stderr(&format!("{fixed} {noun} fixed\n"));
    }
    Ok(if failed { 2 } else { judged::ended(args, &report) })
}

/// The edits of a report by file, each once. What an exemption covers is left as it is.
fn edits(report: &Report) -> BTreeMap<String, BTreeSet<&Edit>> {
    let mut edits: BTreeMap<String, BTreeSet<&Edit>> = BTreeMap::new();
    for (checked, judged) in report.findings() {
        let is_exempt = matches!(judged.lowered, Some(Lowered::Exempt { .. }));
        if let Some(edit) = judged.finding.edit.as_ref().filter(|_| !is_exempt) {
            edits.entry(checked.file.clone()).or_default().insert(edit);
        }
    }
    edits
}

fn diff(old: &Input, new: &Input) -> String {
    let (file, before, after) = (shown(&old.file), old.content(), new.content());
    TextDiff::from_lines(&before, &after).unified_diff().header(&file, &file).to_string()
}

/// Writes the new text of a file that still holds the old one.
fn write(old: &Input, new: &Input) -> anyhow::Result<()> {
    let file = &old.file;
    let now = fs::read(file).with_context(|| format!("failed to read {file} again"))?;
    // a file that was given twice is written once
    if now == new.content().as_bytes() {
        return Ok(());
    }
    if now != old.content().as_bytes() {
        bail!("{file} has changed since it was read; it is left as it is");
    }
    fs::write(file, new.content()).with_context(|| format!("failed to write {file}"))
}
