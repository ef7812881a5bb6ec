//! What a run of `test` found.

/// One case that was run.
#[derive(Debug)]
pub struct Ran {
    /// Its file.
    pub file: String,
    /// How its verdict differs from what it expects; empty when it does not.
    pub differences: Vec<String>,
}

/// A file that holds no case.
#[derive(Debug)]
pub struct NoCase {
    /// The file.
    pub file: String,
    /// Why, with the position where there is one.
    pub why: String,
}

/// A run of `test`, in the order of the files.
#[derive(Debug, Default)]
pub struct Run {
    /// The cases.
    pub ran: Vec<Ran>,
    /// What could not be run.
    pub unreadable: Vec<NoCase>,
}

impl Run {
    /// The cases that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Ran> {
        self.ran.iter().filter(|ran| !ran.differences.is_empty())
    }

    /// A line for each case that failed, and a summary.
    pub fn render(&self) -> String {
        let mut text = String::new();
        for NoCase { file, why } in &self.unreadable {
            text.push_str(&format!("unreadable {file}: {why}\n"));
        }
        for Ran { file, differences } in self.failed() {
            text.push_str(&format!("failed {file}: {}\n", differences.join("; ")));
        }
        let failed = self.failed().count();
        text.push_str(&format!("{} passed, {failed} failed", self.ran.len() - failed));
        if !self.unreadable.is_empty() {
            text.push_str(&format!(", {} unreadable", self.unreadable.len()));
        }
        text.push('\n');
        text
    }
}
