//! The version of Kubernetes a model asks for.

use std::fmt;

use crate::model::Release;

/// A version of Kubernetes with the text it was written as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    release: Release,
    /// Whether it comes before the first release of its line: `1.16.0-beta.1`.
    early: bool,
    text: String,
}

impl Version {
    /// Reads a version.
    pub fn parse(text: &str) -> Option<Self> {
        let release: Release = text.parse().ok()?;
        let early = text.split('+').next().is_some_and(|text| text.contains('-'));
        Some(Self { release, early: early && release.patch.unwrap_or(0) == 0, text: text.to_owned() })
    }

    /// Its numbers.
    pub fn release(&self) -> Release {
        self.release
    }

    /// Whether it is Kubernetes 1.`minor` or later.
    pub fn is_at_least(&self, minor: u32) -> bool {
        let line = (self.release.major, self.release.minor);
        line > (1, minor) || (line == (1, minor) && !self.early)
    }

    /// Whether it is a release of the line 1.`minor`.
    pub fn is_of(&self, minor: u32) -> bool {
        self.is_at_least(minor) && !self.is_at_least(minor + 1)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The version meant by a release line such as `1.23`: of those that the last release of the tool creates,
/// the patch is known (aks-engine.md section 3); of the others the line has to do.
pub fn newest_of(line: &str) -> Option<Version> {
    const CREATED: [&str; 5] = ["1.20.15", "1.21.14", "1.22.17", "1.23.17", "1.24.17"];
    let patch = CREATED.iter().find(|version| version.rsplit_once('.').is_some_and(|(of, _)| of == line));
    Version::parse(patch.copied().unwrap_or(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_before_the_first_of_its_line_is_older() {
        let at_least = |text: &str, minor| Version::parse(text).map(|version| version.is_at_least(minor));
        assert_eq!(at_least("1.16.0", 16), Some(true));
        assert_eq!(at_least("1.16.0-beta.1", 16), Some(false));
        assert_eq!(at_least("1.9.11", 16), Some(false));
        assert_eq!(at_least("latest", 16), None);
        assert_eq!(newest_of("1.23").map(|version| version.to_string()).as_deref(), Some("1.23.17"));
        assert_eq!(newest_of("1.19").map(|version| version.to_string()).as_deref(), Some("1.19"));
    }
}
