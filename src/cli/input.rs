//! Files, folders and standard input.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use ignore::WalkBuilder;

use super::output;
use crate::decode::{self, SyntaxError};
use crate::model::{Kind, Stored};

/// Largest file that is read; far above any list a cluster exports.
const MAX_FILE: u64 = 256 << 20;

/// A file that was read, as far as it could be.
#[derive(Debug, Default)]
pub(super) struct Input {
    /// Its name as printed.
    pub(super) file: String,
    /// Its text, for the lines shown with a finding.
    pub(super) text: String,
    /// Its objects, each with the position of its document.
    pub(super) objects: Vec<(usize, Stored)>,
    /// Kinds it says there are none of.
    pub(super) none_of: Vec<Kind>,
    /// What could not be read of it.
    pub(super) errors: Vec<SyntaxError>,
}

/// Reads every path; folders recursively, what git ignores left out. A path that does not exist is a mistake of usage,
/// a file that cannot be read or decoded is reported and the rest goes on.
pub(super) fn read(paths: &[PathBuf], as_kind: Option<Kind>, quiet: bool) -> anyhow::Result<Vec<Input>> {
    let mut inputs = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).context("failed to read standard input")?;
            inputs.push(decode("<stdin>".to_owned(), bytes, as_kind));
        } else if path.is_dir() {
            for file in files_below(path)? {
                inputs.push(read_file(&file, as_kind));
            }
        } else if path.exists() {
            inputs.push(read_file(path, as_kind));
        } else {
            bail!("{}: no such file or folder", path.display());
        }
    }
    for input in &inputs {
        for (_, stored) in &input.objects {
            let object = stored.object().reference();
            let text =
                format!("{}: {object} was already given; the later one counts as context\n", input.file);
            if !seen.insert((object.group().to_owned(), object)) && !quiet {
                output::stderr(&text);
            }
        }
    }
    Ok(inputs)
}

fn files_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    // .gitignore counts in checkouts without a .git folder too, such as a container's
    for entry in WalkBuilder::new(folder).require_git(false).sort_by_file_path(Path::cmp).build() {
        let entry = entry.with_context(|| format!("failed to look into {}", folder.display()))?;
        let known = entry.path().extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json");
        if known && entry.file_type().is_some_and(|kind| kind.is_file()) {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

fn unreadable(file: String, message: String) -> Input {
    Input { file, errors: vec![SyntaxError { line: 0, column: 0, message }], ..Input::default() }
}

fn read_file(path: &Path, as_kind: Option<Kind>) -> Input {
    let file = path.display().to_string();
    let size = fs::metadata(path).map_or(0, |metadata| metadata.len());
    if size > MAX_FILE {
        return unreadable(file, format!("larger than {} MiB", MAX_FILE >> 20));
    }
    match fs::read(path) {
        Ok(bytes) => decode(file, bytes, as_kind),
        Err(error) => unreadable(file, error.to_string()),
    }
}

fn decode(file: String, bytes: Vec<u8>, as_kind: Option<Kind>) -> Input {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            return unreadable(file, format!("not UTF-8 text: byte {at} is no character"));
        }
    };
    let name = Path::new(&file).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let contents = decode::file::read(&text, &name, as_kind);
    for error in &contents.twice {
        output::stderr(&format!("{file}:{error}\n"));
    }
    Input { file, text, objects: contents.objects, none_of: contents.none_of, errors: contents.errors }
}
