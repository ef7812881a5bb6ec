//! What a piece of text is as an address or a CIDR, with every trap told apart.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a text is when an address was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// A plain IPv4 address.
    V4(Ipv4Addr),
    /// A plain IPv6 address.
    V6(Ipv6Addr),
    /// An IPv4-mapped IPv6 address, `::ffff:a.b.c.d`, which Go's `net.ParseIP` reads as IPv4.
    Mapped(Ipv4Addr),
    /// An IPv6 address with a zone id, `fe80::1%eth0`.
    Zoned,
    /// An IPv6 address in URL brackets, with or without a port.
    Bracketed(Ipv6Addr),
    /// An address with a prefix length.
    WithPrefix,
    /// Several values separated by commas or blanks.
    List,
    /// A DNS name, with or without a port, or an IPv4 address with a port.
    Name,
    /// None of these.
    Garbage,
}

/// Classifies `text`. Leading zeros in an IPv4 octet make it [`Address::Garbage`], as Go 1.17 and later do.
pub fn classify(text: &str) -> Address {
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V4(v4)) => return Address::V4(v4),
        Ok(IpAddr::V6(v6)) => return v6.to_ipv4_mapped().map_or(Address::V6(v6), Address::Mapped),
        Err(_) => {}
    }
    if text.contains([',', ' ', '\t', '\n', ';']) {
        return Address::List;
    }
    if let Some(inner) = text.strip_prefix('[') {
        let parsed = inner.split_once(']').and_then(|(inner, _)| inner.parse().ok());
        return parsed.map_or(Address::Garbage, Address::Bracketed);
    }
    if let Some((address, _)) = text.split_once('%')
        && address.parse::<Ipv6Addr>().is_ok()
    {
        return Address::Zoned;
    }
    if let Some((address, _)) = text.split_once('/')
        && address.parse::<IpAddr>().is_ok()
    {
        return Address::WithPrefix;
    }
    if is_host(text) { Address::Name } else { Address::Garbage }
}

/// The plain address that `text` certainly means: without the blanks around it, without URL brackets, an IPv4-mapped
/// one as the IPv4 address Go takes it for (`net.ParseIP`). None where it is plain already or leaves a choice.
pub fn meant(text: &str) -> Option<IpAddr> {
    let bare = text.trim();
    let is_bracketed = bare.ends_with(']');
    match classify(bare) {
        Address::V4(v4) if bare != text => Some(v4.into()),
        Address::V6(v6) if bare != text => Some(v6.into()),
        Address::Mapped(v4) => Some(v4.into()),
        Address::Bracketed(v6) if is_bracketed && v6.to_ipv4_mapped().is_none() => Some(v6.into()),
        _ => None,
    }
}

/// The one of `known` that differs from `text` in nothing but letter case and blanks around it.
pub fn spelt<'a>(text: &str, known: &[&'a str]) -> Option<&'a str> {
    known.iter().copied().find(|known| known.eq_ignore_ascii_case(text.trim()) && *known != text)
}

fn is_host(text: &str) -> bool {
    let (host, port) = text.rsplit_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return false;
    }
    if host.parse::<Ipv4Addr>().is_ok() {
        return true;
    }
    // all digits and dots but no address: a mistyped address such as 010.0.0.1, not a name
    let numeric = host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    !numeric && host.trim_end_matches('.').split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let inner = !label.starts_with('-') && !label.ends_with('-');
    inner
        && (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Why a text is not usable where AKO wants a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CidrFault {
    /// No `/` and prefix length.
    NoPrefix,
    /// The part before the `/` is no address of the wanted family.
    Address,
    /// The prefix length is no plain number in range.
    Prefix,
    /// An IPv4-mapped IPv6 network.
    Mapped,
    /// An IPv6 address with a dotted IPv4 tail, which AKO's own pattern refuses.
    DottedTail,
}

impl CidrFault {
    /// The fault in words.
    pub fn explain(self) -> &'static str {
        match self {
            Self::NoPrefix => "has no prefix length",
            Self::Address => "is not a network of that family",
            Self::Prefix => "has an unusable prefix length",
            Self::Mapped => "is an IPv4-mapped network",
            Self::DottedTail => "ends in a dotted IPv4 address",
        }
    }
}

/// Checks an IPv4 network as AKO needs it: address, `/`, 0..32; host bits are fine.
pub fn check_v4_cidr(text: &str) -> Result<(), CidrFault> {
    let (address, prefix) = text.split_once('/').ok_or(CidrFault::NoPrefix)?;
    address.parse::<Ipv4Addr>().map_err(|_| CidrFault::Address)?;
    prefix_length(prefix, 0, 32)
}

/// Checks an IPv6 network as AKO needs it: address, `/`, 1..128; host bits and upper case are fine.
///
/// Stricter than IPv6 itself where AKO's own pattern is (`/0`, `/064`, dotted tails), stricter than that
/// pattern where what passes it breaks later (no prefix length, ten groups, IPv4-mapped): ako.md section 3.
pub fn check_v6_cidr(text: &str) -> Result<(), CidrFault> {
    let (address, prefix) = text.split_once('/').ok_or(CidrFault::NoPrefix)?;
    let parsed: Ipv6Addr = address.parse().map_err(|_| CidrFault::Address)?;
    if parsed.to_ipv4_mapped().is_some() {
        return Err(CidrFault::Mapped);
    }
    if address.contains('.') {
        return Err(CidrFault::DottedTail);
    }
    prefix_length(prefix, 1, 128)
}

fn prefix_length(text: &str, min: u8, max: u8) -> Result<(), CidrFault> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    let length = text.parse::<u8>().ok().filter(|length| plain && (min..=max).contains(length));
    length.map(|_| ()).ok_or(CidrFault::Prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_address_traps_apart() {
        assert!(matches!(classify("2001:DB8::1"), Address::V6(_)));
        assert!(matches!(classify("::ffff:10.0.0.1"), Address::Mapped(_)));
        assert_eq!(classify("fe80::1%eth0"), Address::Zoned);
        assert!(matches!(classify("[2001:db8::1]:443"), Address::Bracketed(_)));
        assert_eq!(classify("10.0.0.1,10.0.0.2"), Address::List);
        assert_eq!(classify("2001:db8::/64"), Address::WithPrefix);
        assert_eq!(classify("avi.example.com"), Address::Name);
        assert_eq!(classify("10.0.0.1:443"), Address::Name);
        assert_eq!(classify("010.0.0.1"), Address::Garbage);
        assert_eq!(classify(""), Address::Garbage);
    }

    #[test]
    fn accepts_networks_ako_can_use() {
        for text in ["2002::1234:abcd:ffff:c0a8:101/64", "2001:DB8:E::1/64", "::1/128", "fd00::/1"] {
            assert_eq!(check_v6_cidr(text), Ok(()), "{text}");
        }
        for text in ["10.0.0.1/24", "0.0.0.0/0", "100.1.1.0/32"] {
            assert_eq!(check_v4_cidr(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn refuses_networks_that_break_ako() {
        let faults = [
            ("2001:db8::", CidrFault::NoPrefix),
            ("abcdef012345::/64", CidrFault::Address),
            ("1:2:3:4:5:6:7:8:9::1/64", CidrFault::Address),
            ("::ffff:a00:0/104", CidrFault::Mapped),
            ("::ffff:10.0.0.0/104", CidrFault::Mapped),
            ("2001:db8::10.0.0.0/64", CidrFault::DottedTail),
            ("2001:db8::/064", CidrFault::Prefix),
            ("::/0", CidrFault::Prefix),
            ("10.40.8.0/24", CidrFault::Address),
            ("fe80::%eth0/64", CidrFault::Address),
            ("[2001:db8::]/64", CidrFault::Address),
            ("2001:db8::/129", CidrFault::Prefix),
            ("2001:db8::/64/64", CidrFault::Prefix),
        ];
        for (text, fault) in faults {
            assert_eq!(check_v6_cidr(text), Err(fault), "{text}");
        }
        for text in ["10.0.0.0/", "010.0.0.1/24", "10.0.0.0/33", "2001:db8::/64", "10.0.0.0", "10.0.0.0/+8"] {
            assert!(check_v4_cidr(text).is_err(), "{text}");
        }
    }
}
