//! Lists of ranges, written with commas.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::model::IpFamily;

/// One range of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The text as written; the tool trims nothing.
    pub text: String,
    /// The network; `None` when the text is none.
    pub net: Option<IpNet>,
}

impl Range {
    /// Reads one range.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), net: text.parse().ok() }
    }

    /// Its family.
    pub fn family(&self) -> Option<IpFamily> {
        self.net.map(|net| IpFamily::of(net.addr()))
    }

    /// The number of bits its addresses leave to hosts.
    pub fn host_bits(&self) -> Option<u8> {
        self.net.map(|net| net.max_prefix_len() - net.prefix_len())
    }

    /// Whether an address is inside.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.net.is_some_and(|net| net.contains(&address))
    }
}

/// The ranges of one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(pub Vec<Range>);

impl Ranges {
    /// The ranges of a text, which are parted by commas and nothing else; none for an empty text.
    pub fn split(text: &str) -> Self {
        let parts = text.split(',').filter(|_| !text.is_empty());
        Self(parts.map(Range::new).collect())
    }

    /// As the tool fills them in for a dual-stack cluster: the default range of the family that a single
    /// range lacks, IPv4 in front and IPv6 behind; both for no range at all.
    #[must_use]
    pub fn complete(mut self, v4: &str, v6: &str) -> Self {
        match (self.0.first().map(Range::family), self.0.len()) {
            (None, _) => self.0 = vec![Range::new(v4), Range::new(v6)],
            (Some(Some(IpFamily::V4)), 1) => self.0.push(Range::new(v6)),
            (Some(Some(IpFamily::V6)), 1) => self.0.insert(0, Range::new(v4)),
            _ => {}
        }
        self
    }

    /// The first range that is no network.
    pub fn unreadable(&self) -> Option<&Range> {
        self.0.iter().find(|range| range.net.is_none())
    }

    /// The first range of a family.
    pub fn of(&self, family: IpFamily) -> Option<&Range> {
        self.0.iter().find(|range| range.family() == Some(family))
    }

    /// Whether it is one range of each family, in either order.
    pub fn is_pair(&self) -> bool {
        self.0.len() == 2 && self.of(IpFamily::V4).is_some() && self.of(IpFamily::V6).is_some()
    }

    /// Whether the first range is IPv6.
    pub fn is_ipv6_first(&self) -> bool {
        self.0.first().and_then(Range::family) == Some(IpFamily::V6)
    }
}

impl fmt::Display for Ranges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<&str> = self.0.iter().map(|range| range.text.as_str()).collect();
        f.write_str(&texts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completes_a_single_range_only() {
        let complete = |text: &str| Ranges::split(text).complete("10.244.0.0/16", "fc00::/48").to_string();
        assert_eq!(complete(""), "10.244.0.0/16,fc00::/48");
        assert_eq!(complete("10.1.0.0/16"), "10.1.0.0/16,fc00::/48");
        assert_eq!(complete("fd01::/48"), "10.244.0.0/16,fd01::/48");
        assert_eq!(complete("fd01::/48,10.1.0.0/16"), "fd01::/48,10.1.0.0/16");
        assert_eq!(complete("nonsense"), "nonsense");
    }

    #[test]
    fn trims_nothing() {
        assert!(Ranges::split("10.1.0.0/16, fd01::/48").unreadable().is_some());
        assert!(Ranges::split("10.1.0.0/16,").unreadable().is_some());
        assert!(Ranges::split("10.1.0.0/16,fd01::/48").is_pair());
    }
}
