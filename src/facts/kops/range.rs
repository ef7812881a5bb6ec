//! The IPv6 ranges of subnets: the pool they are cut from, and what they come to (kops.md section 3).

use ipnet::Ipv6Net;

use super::cluster::{Cluster, Subnet};
use super::number::{BlockFault, Number, NumberFault, PoolFault, parse_block, parse_network};
use crate::model::Profile;

/// The length of the range Amazon chooses for a new VPC.
pub const AMAZON_LENGTH: u8 = 56;

/// What is known of the VPC's IPv6 range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// The range itself.
    Known(Ipv6Net),
    /// kOps makes the VPC, and Amazon chooses a /56 for it.
    Amazon,
    /// An existing VPC of which nothing is said.
    Unknown,
    /// An existing VPC that has none.
    None,
}

impl Pool {
    /// The pool of a cluster's VPC.
    pub fn of(cluster: Cluster<'_>, profile: &Profile) -> Self {
        let stated = profile.vpc_ipv6_cidr.as_ref().map(|answer| answer.value.as_str());
        if let Some(network) = stated.and_then(parse_network) {
            return Self::Known(network);
        }
        match (cluster.is_in_shared_vpc(), stated) {
            (false, _) => Self::Amazon,
            (true, Some("none")) => Self::None,
            (true, _) => Self::Unknown,
        }
    }

    /// Its length, when that is known.
    pub fn length(self) -> Option<u8> {
        match self {
            Self::Known(pool) => Some(pool.prefix_len()),
            Self::Amazon => Some(AMAZON_LENGTH),
            Self::Unknown | Self::None => None,
        }
    }

    /// The pool in words.
    pub fn describe(self) -> String {
        match self {
            Self::Known(pool) => format!("the VPC's range {pool}"),
            Self::Amazon => format!("the /{AMAZON_LENGTH} that Amazon gives a new VPC"),
            Self::Unknown | Self::None => "the VPC's range".to_owned(),
        }
    }
}

/// A subnet's `ipv6CIDR` as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// None.
    Nothing,
    /// A network.
    Literal(Ipv6Net),
    /// `/LEN#N`.
    Numbered(Number),
    /// Begins with a slash and is no `/LEN#N`.
    BadNumber(NumberFault),
    /// No slash at its beginning, and no IPv6 network.
    BadBlock(BlockFault),
}

impl Written {
    /// What `subnet` says. What begins with a slash is a number, anything else a network.
    pub fn of(subnet: Subnet<'_>) -> Self {
        match subnet.ipv6_cidr().text() {
            "" => Self::Nothing,
            text if text.starts_with('/') => Number::parse(text).map_or_else(Self::BadNumber, Self::Numbered),
            text => parse_block(text).map_or_else(Self::BadBlock, Self::Literal),
        }
    }

    /// The length of the block, when it is well formed.
    pub fn length(self) -> Option<u8> {
        match self {
            Self::Literal(block) => Some(block.prefix_len()),
            Self::Numbered(number) => Some(number.length),
            Self::Nothing | Self::BadNumber(_) | Self::BadBlock(_) => None,
        }
    }

    /// The block it comes to in `pool`; none when that cannot be told.
    pub fn block(self, pool: Pool) -> Option<Ipv6Net> {
        match (self, pool) {
            (Self::Literal(block), _) => Some(block),
            (Self::Numbered(number), Pool::Known(pool)) => number.of(pool).ok(),
            _ => None,
        }
    }

    /// Why it does not lie in `pool`; none when it does, or nobody can tell.
    pub fn outside(self, pool: Pool) -> Option<Outside> {
        match self {
            Self::Literal(block) => match pool {
                Pool::Known(known) if !known.contains(&block) => Some(Outside::Elsewhere),
                _ => None,
            },
            Self::Numbered(number) => number.fits(pool.length()?).err().map(|fault| match fault {
                PoolFault::Larger => Outside::Larger,
                PoolFault::Beyond => Outside::Beyond,
            }),
            Self::Nothing | Self::BadNumber(_) | Self::BadBlock(_) => None,
        }
    }

    /// Whether two subnets of one VPC share addresses. What lies outside the pool is not compared.
    pub fn overlaps(self, other: Self, pool: Pool) -> bool {
        if self.outside(pool).is_some() || other.outside(pool).is_some() {
            return false;
        }
        if let (Some(a), Some(b)) = (self.block(pool), other.block(pool)) {
            return share(a, b);
        }
        matches!((self, other), (Self::Numbered(a), Self::Numbered(b)) if a.overlaps(b))
    }
}

/// How a block misses its pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// It is larger than the pool.
    Larger,
    /// The pool holds fewer blocks of that length.
    Beyond,
    /// It lies elsewhere.
    Elsewhere,
}

/// Whether two networks share addresses.
pub fn share(a: Ipv6Net, b: Ipv6Net) -> bool {
    a.contains(&b) || b.contains(&a)
}

/// The IPv6 range each subnet gets, in the order written; none where it cannot be told before the VPC exists.
pub fn ranges(cluster: Cluster<'_>, pool: Pool) -> Vec<(Subnet<'_>, Option<Ipv6Net>)> {
    cluster.subnets().map(|subnet| (subnet, Written::of(subnet).block(pool))).collect()
}
