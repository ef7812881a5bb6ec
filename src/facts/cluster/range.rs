//! Lists of address ranges as the components of a cluster take them.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use crate::model::address::{Address, classify};
use crate::model::{Families, IpFamily};

/// A range as Go's `net.ParseCIDR` reads it, in the lenient form of Kubernetes' flags: leading zeros in an IPv4
/// octet are decimal there.
pub fn parse(text: &str) -> Option<IpNet> {
    let (address, prefix) = text.split_once('/')?;
    let digits = !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_digit());
    let prefix: u8 = prefix.parse().ok().filter(|_| digits)?;
    let address = address.parse().ok().or_else(|| lenient_v4(address))?;
    IpNet::new(address, prefix).ok()
}

fn lenient_v4(text: &str) -> Option<IpAddr> {
    let mut octets = [0u8; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        *octet = part.parse().ok().filter(|_| digits)?;
    }
    parts.next().is_none().then_some(IpAddr::V4(Ipv4Addr::from(octets)))
}

/// Whether Kubernetes before 1.36 took a text for an address that 1.36 refuses: one with leading zeros, or an
/// IPv4-mapped one (kubernetes.md 1.1, `StrictIPCIDRValidation`).
pub fn is_lenient_address(text: &str) -> bool {
    lenient_v4(text).is_some() || matches!(classify(text), Address::Mapped(_))
}

/// Whether a range is written as 1.36 wants it: no leading zeros, not IPv4-mapped, no bits beyond the prefix.
pub fn is_strict(text: &str) -> bool {
    let address = text.split_once('/').map_or("", |(address, _)| address);
    let plain = matches!(classify(address), Address::V4(_) | Address::V6(_));
    plain && parse(text).is_some_and(|range| range.addr() == range.network())
}

/// The network without bits beyond its prefix, in canonical form: what components take it for (kubernetes.md 1.1).
/// None for leading zeros and IPv4-mapped addresses, which are read in different ways.
pub fn masked(text: &str) -> Option<String> {
    let range: IpNet = text.parse().ok()?;
    let masked = range.trunc().to_string();
    is_strict(&masked).then_some(masked)
}

/// A list of ranges without the blanks in it, if they are all that keeps it from being one.
pub fn without_blanks(list: &str) -> Option<String> {
    let bare = list.replace(char::is_whitespace, "");
    (bare != list && Ranges::read(&bare).fault().is_none()).then_some(bare)
}

/// The family of a range.
pub fn family(net: &IpNet) -> IpFamily {
    IpFamily::of(net.addr())
}

/// What keeps a list of ranges from being used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RangeFault {
    /// There is none.
    Empty,
    /// An entry is no range; blanks around it count.
    Unreadable(String),
    /// There are more than two.
    TooMany(usize),
    /// There are two of one family.
    OneFamily(IpFamily),
}

impl RangeFault {
    /// The fault in words, to follow the name of the list.
    pub fn explain(&self) -> String {
        match self {
            Self::Empty => "is empty".to_owned(),
            Self::Unreadable(text) => format!("holds {text:?}, which is no address range"),
            Self::TooMany(count) => format!("holds {count} ranges, and two are the most"),
            Self::OneFamily(family) => format!("holds two {family} ranges"),
        }
    }
}

/// The entries of a comma-separated list of ranges.
#[derive(Clone, Debug)]
pub struct Ranges<'a> {
    entries: Vec<(&'a str, Option<IpNet>)>,
}

impl<'a> Ranges<'a> {
    /// Reads a list, split at commas alone (kubernetes.md C2). An empty text is an empty list.
    pub fn read(text: &'a str) -> Self {
        let entries = if text.is_empty() {
            Vec::new()
        } else {
            text.split(',').map(|entry| (entry, parse(entry))).collect()
        };
        Self { entries }
    }

    /// The ranges that can be read, in order.
    pub fn nets(&self) -> impl Iterator<Item = IpNet> {
        self.entries.iter().filter_map(|(_, net)| *net)
    }

    /// Their families, in order.
    pub fn families(&self) -> Vec<IpFamily> {
        self.nets().map(|net| family(&net)).collect()
    }

    /// Whether it names more than one range.
    pub fn is_several(&self) -> bool {
        self.entries.len() > 1
    }

    /// Whether it holds ranges of both families.
    pub fn is_dual(&self) -> bool {
        self.families().into_iter().collect::<Families>().is_dual()
    }

    /// The range of `family`.
    pub fn of(&self, wanted: IpFamily) -> Option<IpNet> {
        self.nets().find(|net| family(net) == wanted)
    }

    /// An entry that is no range.
    pub fn unreadable(&self) -> Option<RangeFault> {
        let entry = self.entries.iter().find(|(_, net)| net.is_none());
        entry.map(|(text, _)| RangeFault::Unreadable((*text).to_owned()))
    }

    /// More than two ranges, or two of one family.
    pub fn crowd(&self) -> Option<RangeFault> {
        if self.entries.len() > 2 {
            return Some(RangeFault::TooMany(self.entries.len()));
        }
        match self.families().as_slice() {
            [first, second] if first == second => Some(RangeFault::OneFamily(*first)),
            _ => None,
        }
    }

    /// What keeps it from being one range, or one of each family.
    pub fn fault(&self) -> Option<RangeFault> {
        if self.entries.is_empty() {
            return Some(RangeFault::Empty);
        }
        self.unreadable().or_else(|| self.crowd())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_ranges_as_flags_do() {
        for text in ["10.0.0.0/8", "010.0.0.0/08", "fd00::/48", "::/0"] {
            assert!(parse(text).is_some(), "{text}");
        }
        for text in ["", "10.0.0.0", " 10.0.0.0/8", "10.0.0.0/33", "fd00::/129", "10.0.0/8", "10.0.0.0/+8"] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn tells_what_is_wrong_with_a_list() {
        assert_eq!(Ranges::read("10.0.0.0/8,fd00::/48").fault(), None);
        assert_eq!(Ranges::read("").fault(), Some(RangeFault::Empty));
        assert_eq!(Ranges::read("10.0.0.0/8,").fault(), Some(RangeFault::Unreadable(String::new())));
        assert_eq!(Ranges::read("10.0.0.0/8,11.0.0.0/8").fault(), Some(RangeFault::OneFamily(IpFamily::V4)));
        assert_eq!(Ranges::read("10.0.0.0/8,fd00::/48,fd01::/48").fault(), Some(RangeFault::TooMany(3)));
    }
}
