//! IP families and sets of them.

use std::fmt;
use std::net::IpAddr;

/// An IP family, printed as Kubernetes prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IpFamily {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl IpFamily {
    /// The family a Kubernetes field names; exact spelling.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "IPv4" => Some(Self::V4),
            "IPv6" => Some(Self::V6),
            _ => None,
        }
    }

    /// The family of an address; IPv4-mapped IPv6 counts as IPv6 here.
    pub fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

impl fmt::Display for IpFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// A set of families.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Families {
    /// Holds IPv4.
    pub v4: bool,
    /// Holds IPv6.
    pub v6: bool,
}

impl Families {
    /// No family.
    pub const NONE: Self = Self { v4: false, v6: false };
    /// IPv4 only.
    pub const V4: Self = Self { v4: true, v6: false };
    /// IPv6 only.
    pub const V6: Self = Self { v4: false, v6: true };
    /// Both.
    pub const BOTH: Self = Self { v4: true, v6: true };

    /// Whether `family` is in the set.
    pub fn contains(self, family: IpFamily) -> bool {
        match family {
            IpFamily::V4 => self.v4,
            IpFamily::V6 => self.v6,
        }
    }

    /// Whether both families are in it.
    pub fn is_dual(self) -> bool {
        self.v4 && self.v6
    }
}

impl FromIterator<IpFamily> for Families {
    fn from_iter<T: IntoIterator<Item = IpFamily>>(families: T) -> Self {
        families.into_iter().fold(Self::NONE, |set, family| match family {
            IpFamily::V4 => Self { v4: true, ..set },
            IpFamily::V6 => Self { v6: true, ..set },
        })
    }
}

impl fmt::Display for Families {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.v4, self.v6) {
            (true, true) => "IPv4 and IPv6",
            (true, false) => "IPv4",
            (false, true) => "IPv6",
            (false, false) => "no family",
        })
    }
}
