//! Products and their releases.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A product whose support matrix the gate knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Product {
    /// AKO, the Avi Kubernetes Operator.
    Ako,
    /// Kubernetes itself.
    Kubernetes,
    /// AKS Engine.
    AksEngine,
    /// kOps.
    Kops,
}

impl Product {
    /// Every product.
    pub const ALL: &'static [Product] = &[Self::Ako, Self::Kubernetes, Self::AksEngine, Self::Kops];

    /// The name used in rule names, options and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ako => "ako",
            Self::Kubernetes => "kubernetes",
            Self::AksEngine => "aks-engine",
            Self::Kops => "kops",
        }
    }

    /// The name as people write it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Ako => "AKO",
            Self::Kubernetes => "Kubernetes",
            Self::AksEngine => "AKS Engine",
            Self::Kops => "kOps",
        }
    }
}

/// A release: its numbers decide its order; the text it was written as is kept by its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Release {
    /// First number.
    pub major: u32,
    /// Second number.
    pub minor: u32,
    /// Third number; `None` when it was not written (`1.36`).
    pub patch: Option<u32>,
}

impl Release {
    /// The release `major.minor.patch`.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch: Some(patch) }
    }

    fn key(self) -> (u32, u32, u32) {
        (self.major, self.minor, self.patch.unwrap_or(0))
    }
}

impl Ord for Release {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key()).then(self.patch.cmp(&other.patch))
    }
}

impl PartialOrd for Release {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        self.patch.map_or(Ok(()), |patch| write!(f, ".{patch}"))
    }
}

/// A text that is no release.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a release; write it as X.Y or X.Y.Z, for example 1.11.5")]
pub struct InvalidRelease(pub String);

impl FromStr for Release {
    type Err = InvalidRelease;

    /// Reads `X.Y` or `X.Y.Z` after an optional `v`; what a distribution or a build appends after `-`, `_` or
    /// `+` is ignored (ako-names-and-crds.md section 4: `2.1.1-5123`, `v1.12.1_vmware.1`).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidRelease(text.to_owned());
        let numbers = text.strip_prefix('v').unwrap_or(text);
        let numbers = numbers.split(['-', '_', '+']).next().unwrap_or_default();
        let mut parts = numbers.split('.').map(|part| {
            let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            part.parse::<u32>().ok().filter(|_| digits).ok_or_else(invalid)
        });
        let major = parts.next().ok_or_else(invalid)??;
        let minor = parts.next().ok_or_else(invalid)??;
        let patch = parts.next().transpose()?;
        if parts.next().is_some() {
            return Err(invalid());
        }
        Ok(Self { major, minor, patch })
    }
}

/// A range of releases, `from` included and `until` excluded; open where `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleaseRange {
    /// First release inside.
    pub from: Option<Release>,
    /// First release beyond.
    pub until: Option<Release>,
}

impl ReleaseRange {
    /// Whether `release` is inside.
    pub fn contains(self, release: Release) -> bool {
        self.from.is_none_or(|from| from <= release) && self.until.is_none_or(|until| release < until)
    }
}

impl fmt::Display for ReleaseRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.until) {
            (None, None) => f.write_str("all releases"),
            (Some(from), None) => write!(f, "{from} and later"),
            (None, Some(until)) => write!(f, "before {until}"),
            (Some(from), Some(until)) => write!(f, "{from} to before {until}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_published_and_repackaged_forms() {
        for (text, release) in [
            ("1.9.3", Release::new(1, 9, 3)),
            ("2.1.1-5123", Release::new(2, 1, 1)),
            ("v1.12.1_vmware.1", Release::new(1, 12, 1)),
            ("1.36", Release { major: 1, minor: 36, patch: None }),
        ] {
            assert_eq!(text.parse(), Ok(release), "{text}");
        }
        for text in ["", "latest", "1", "1.2.3.4", "1.x.3", "+1.2", "1..2", "99999999999.1"] {
            assert!(text.parse::<Release>().is_err(), "{text}");
        }
    }

    #[test]
    fn orders_by_number_not_text() {
        let parse = |text: &str| text.parse::<Release>().ok();
        assert!(parse("1.10.1") > parse("1.9.3"));
        assert!(parse("1.30") > parse("1.3"));
        assert!(parse("1.12.1") > parse("1.12"));
    }
}
