//! IPv6 networks as kOps reads them, and `/LEN#N`, a numbered part of the VPC's range (kops.md section 3).

use std::net::Ipv6Addr;

use ipnet::Ipv6Net;

/// `/LEN#N`: part number N, counted in blocks of length LEN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// The length of the block.
    pub length: u8,
    /// Its number.
    pub number: u64,
}

/// Why a text is no `/LEN#N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFault {
    /// Not of the form `/LEN#N`.
    Form,
    /// The number has upper-case letters, and would do in lower case.
    UpperCase,
    /// The length is beyond 128.
    Length,
    /// The number is larger than a signed 64-bit integer holds.
    Number,
}

impl NumberFault {
    /// The fault in words.
    pub fn explain(self) -> &'static str {
        match self {
            Self::Form => "is not of the form /LEN#N",
            Self::UpperCase => "counts in upper-case hexadecimal digits, which kOps does not read",
            Self::Length => "asks for a length beyond 128",
            Self::Number => "counts beyond 7fffffffffffffff",
        }
    }
}

/// Why a numbered block cannot be cut out of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolFault {
    /// The block is larger than the pool.
    Larger,
    /// The pool holds fewer blocks.
    Beyond,
}

impl Number {
    /// Reads `^/([0-9]+)#([a-f0-9]+)$`: a decimal length of 0..128, a hexadecimal number of 63 bits.
    pub fn parse(text: &str) -> Result<Self, NumberFault> {
        let (length, number) =
            text.strip_prefix('/').and_then(|rest| rest.split_once('#')).ok_or(NumberFault::Form)?;
        let decimal = !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit());
        let hexadecimal = !number.is_empty() && number.bytes().all(|b| b.is_ascii_hexdigit());
        if !decimal || !hexadecimal {
            return Err(NumberFault::Form);
        }
        if number.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(NumberFault::UpperCase);
        }
        // a length of many leading zeros is as good as without them
        let length = length.trim_start_matches('0');
        let length = if length.is_empty() { Some(0) } else { length.parse::<u8>().ok() };
        let length = length.filter(|length| *length <= 128).ok_or(NumberFault::Length)?;
        let number = i64::from_str_radix(number, 16).map_err(|_| NumberFault::Number)?;
        Ok(Self { length, number: number.unsigned_abs() })
    }

    /// Whether a pool of this length holds it.
    pub fn fits(self, pool_length: u8) -> Result<(), PoolFault> {
        let bits = self.length.checked_sub(pool_length).ok_or(PoolFault::Larger)?;
        // a number has 63 bits at most
        if bits < 64 && self.number >> bits != 0 { Err(PoolFault::Beyond) } else { Ok(()) }
    }

    /// The block it names in `pool`.
    pub fn of(self, pool: Ipv6Net) -> Result<Ipv6Net, PoolFault> {
        self.fits(pool.prefix_len())?;
        let shift = 128_u32.saturating_sub(u32::from(self.length));
        let offset = u128::from(self.number).checked_shl(shift).unwrap_or(0);
        let base = u128::from(pool.network());
        let block = Ipv6Net::new(Ipv6Addr::from(base | offset), self.length);
        block.map_err(|_| PoolFault::Larger)
    }

    /// Whether two blocks of one pool share addresses, whatever the pool is.
    pub fn overlaps(self, other: Self) -> bool {
        let (large, small) = if self.length <= other.length { (self, other) } else { (other, self) };
        let shift = u32::from(small.length - large.length);
        small.number.checked_shr(shift).unwrap_or(0) == large.number
    }
}

/// Why a text is no literal IPv6 network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockFault {
    /// No network at all.
    Form,
    /// An IPv4 network, or one written as IPv6.
    IPv4,
    /// Bits are set beyond the length; the network without them.
    HostBits(Ipv6Net),
}

/// Reads a literal network, which has no bits beyond its length.
pub fn parse_block(text: &str) -> Result<Ipv6Net, BlockFault> {
    let (address, length) = split_network(text).ok_or_else(|| {
        let is_v4 = text.split_once('/').is_some_and(|(a, _)| a.parse::<std::net::Ipv4Addr>().is_ok());
        if is_v4 { BlockFault::IPv4 } else { BlockFault::Form }
    })?;
    if address.to_ipv4_mapped().is_some() {
        return Err(BlockFault::IPv4);
    }
    let network = Ipv6Net::new(address, length).map_err(|_| BlockFault::Form)?;
    if network.network() == address { Ok(network) } else { Err(BlockFault::HostBits(network.trunc())) }
}

/// The IPv6 network a text names, bits beyond its length dropped; none when it names no IPv6 network.
pub fn parse_network(text: &str) -> Option<Ipv6Net> {
    let (address, length) = split_network(text)?;
    if address.to_ipv4_mapped().is_some() {
        return None;
    }
    Ipv6Net::new(address, length).ok().map(|network| network.trunc())
}

/// Address and length; leading zeros in the length are as good as none, as Go's `net.ParseCIDR` has it.
fn split_network(text: &str) -> Option<(Ipv6Addr, u8)> {
    let (address, length) = text.split_once('/')?;
    let digits = !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit());
    let length = length.parse::<u8>().ok().filter(|length| digits && *length <= 128)?;
    Some((address.parse().ok()?, length))
}
