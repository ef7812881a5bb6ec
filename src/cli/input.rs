//! Files, folders and standard input.

use std::collections::BTreeSet;
use std::fs::{File, FileType};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::WalkBuilder;

use super::output::{self, Progress};
use crate::decode::file::Contents;
use crate::decode::{self, SyntaxError};
use crate::model::{Kind, Stored};
use crate::report::check::Unreadable;
use crate::report::text::shown;

/// Largest file that is read; far above any list a cluster exports.
const MAX_FILE: u64 = 256 << 20;

/// The name of what was read from standard input.
pub(super) const STDIN: &str = "<stdin>";

/// Notices that are printed at most: more than anybody reads.
const MAX_NOTICES: usize = 200;

/// A byte order mark.
const MARK: &str = "\u{feff}";

/// A file that was read, as far as it could be.
#[derive(Clone, Debug, Default)]
pub(super) struct Input {
    /// Its name as printed.
    pub(super) file: String,
    /// Its text, for the lines shown with a finding.
    pub(super) text: String,
    /// Whether a byte order mark stands in front of it.
    pub(super) is_marked: bool,
    /// Its objects, each with the position of its document.
    pub(super) objects: Vec<(usize, Arc<Stored>)>,
    /// Kinds it says there are none of.
    pub(super) none_of: Vec<Kind>,
    /// What kubectl would read otherwise than meant.
    pub(super) notices: Vec<SyntaxError>,
    /// What could not be read of it.
    pub(super) errors: Vec<SyntaxError>,
}

impl Input {
    /// What could not be read, as it is reported.
    pub(super) fn unreadable(&self) -> impl Iterator<Item = Unreadable> {
        self.errors.iter().map(|error| Unreadable {
            file: self.file.clone(),
            line: error.line,
            column: error.column,
            message: error.message.clone(),
        })
    }

    /// What its file holds.
    pub(super) fn content(&self) -> String {
        format!("{}{}", if self.is_marked { MARK } else { "" }, self.text)
    }
}

/// A file's bytes, or why they cannot be had.
pub(super) struct Source {
    /// The name as printed.
    pub(super) file: String,
    /// The bytes.
    pub(super) bytes: Result<Vec<u8>, String>,
}

/// Reads and decodes every path. What cannot be read or decoded is reported, and the rest goes on.
pub(super) fn read(paths: &[PathBuf], as_kind: Option<Kind>, quiet: bool) -> Vec<Input> {
    let (mut inputs, mut progress) = (Vec::new(), Progress::start("files read", quiet));
    each(paths, &mut |source| {
        inputs.push(decode(source, as_kind));
        progress.advance();
    });
    progress.end();
    if !quiet {
        let notices = inputs
            .iter()
            .flat_map(|input| input.notices.iter().map(|notice| format!("{}:{notice}", input.file)));
        let mut lines = notices.chain(given_twice(&inputs));
        let mut text: String = lines.by_ref().take(MAX_NOTICES).map(|line| shown(&line) + "\n").collect();
        let more = lines.count();
        if more > 0 {
            text.push_str(&format!("... and {more} more of this kind\n"));
        }
        output::stderr(&text);
    }
    inputs
}

/// Reads every path in turn: files, standard input for `-`, and folders recursively, where hidden files and what git
/// ignores are left out.
pub(super) fn each(paths: &[PathBuf], take: &mut dyn FnMut(Source)) {
    for path in paths {
        if path.as_os_str() == "-" {
            take(Source { file: STDIN.to_owned(), bytes: bytes(io::stdin().lock()) });
        } else if path.is_dir() {
            each_below(path, take);
        } else {
            take(file(path));
        }
    }
}

/// A line for each object that was given before.
fn given_twice(inputs: &[Input]) -> impl Iterator<Item = String> {
    let mut seen = BTreeSet::new();
    let objects =
        inputs.iter().flat_map(|input| input.objects.iter().map(move |(_, stored)| (input, stored)));
    objects.filter_map(move |(input, stored)| {
        let object = stored.object();
        let is_new = seen.insert(object.identity());
        let line = || {
            let object = object.reference();
            format!("{}: {object} was already given; the later one counts as context", input.file)
        };
        (!is_new).then(line)
    })
}

/// Reads the manifests below a folder. Links to files count, as they do for kubectl; links to folders do not, so that
/// nothing is read twice or for ever.
fn each_below(folder: &Path, take: &mut dyn FnMut(Source)) {
    // .gitignore counts in checkouts without a .git folder too, such as a container's
    for entry in WalkBuilder::new(folder).require_git(false).sort_by_file_path(Path::cmp).build() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                take(Source { file: folder.display().to_string(), bytes: Err(error.to_string()) });
                continue;
            }
        };
        let is_known = entry.path().extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json");
        let is_link = |kind: FileType| kind.is_symlink() && !entry.path().is_dir();
        if is_known && entry.file_type().is_some_and(|kind| kind.is_file() || is_link(kind)) {
            take(file(entry.path()));
        }
    }
}

fn file(path: &Path) -> Source {
    let bytes = File::open(path).map_err(|error| error.to_string()).and_then(bytes);
    Source { file: path.display().to_string(), bytes }
}

fn bytes(source: impl Read) -> Result<Vec<u8>, String> {
    // most manifests fit, so that they are read at once
    let mut bytes = Vec::with_capacity(16 << 10);
    match source.take(MAX_FILE + 1).read_to_end(&mut bytes) {
        Err(error) => Err(error.to_string()),
        Ok(size) if size as u64 > MAX_FILE => Err(format!("larger than {} MiB", MAX_FILE >> 20)),
        Ok(_) => {
            bytes.shrink_to_fit();
            Ok(bytes)
        }
    }
}

fn decode(source: Source, as_kind: Option<Kind>) -> Input {
    let file = source.file;
    let bytes = match source.bytes {
        Ok(bytes) => bytes,
        Err(message) => {
            let errors = vec![SyntaxError { line: 0, column: 0, message }];
            return Input { file, errors, ..Input::default() };
        }
    };
    let is_marked = bytes.starts_with(MARK.as_bytes());
    Input { is_marked, ..of_text(file, decode::file::text(bytes), as_kind) }
}

/// Decodes the text of a file.
pub(super) fn of_text(file: String, text: String, as_kind: Option<Kind>) -> Input {
    let name = Path::new(&file).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Contents { objects, none_of, notices, errors } = decode::file::read(&text, &name, as_kind);
    let objects = objects.into_iter().map(|(document, stored)| (document, Arc::new(stored))).collect();
    Input { file, text, is_marked: false, objects, none_of, notices, errors }
}
