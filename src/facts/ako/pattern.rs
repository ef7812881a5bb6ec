//! The patterns AKO checks networks with (R@2.1.1:internal/lib/constants.go `IPCIDRRegex`, `IPV6CIDRRegex`).
//!
//! They are looser than addresses and tighter than prefix lengths: what passes may still break AKO.

/// Whether a text passes as an IPv4 network. The prefix length may be missing after the `/`.
pub fn is_v4_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let octets: Vec<&str> = address.split('.').collect();
    octets.len() == 4 && octets.iter().all(|octet| is_octet(octet)) && is_length(length, 0, 32)
}

/// Up to three digits, leading zeros included.
fn is_octet(text: &str) -> bool {
    let digits = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits && text.parse::<u16>().is_ok_and(|number| number < 256)
}

fn is_length(text: &str, min: u8, max: u8) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    text.is_empty() && min == 0 || plain && text.parse().is_ok_and(|length| (min..=max).contains(&length))
}

/// Whether a text passes as an IPv6 network. The prefix length may be missing altogether.
pub fn is_v6_cidr(text: &str) -> bool {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, l)| (address, Some(l)));
    let full: Vec<&str> = address.split(':').collect();
    let is_full = full.len() == 8 && full.iter().all(|group| is_group(group));
    let halves = address.match_indices("::").any(|(at, _)| {
        let (left, right) = (address.get(..at), address.get(at + 2..));
        left.is_some_and(is_half) && right.is_some_and(is_half)
    });
    (is_full || halves) && length.is_none_or(|length| is_length(length, 1, 128))
}

fn is_group(text: &str) -> bool {
    (1..=4).contains(&text.len()) && is_hex(text)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// One side of `::`: hexadecimal digits, as many as one likes, then any number of groups.
fn is_half(text: &str) -> bool {
    let mut parts = text.split(':');
    parts.next().is_some_and(is_hex) && parts.all(is_group)
}

#[cfg(test)]
mod tests {
    use super::{is_v4_cidr, is_v6_cidr};

    #[test]
    fn passes_what_the_run_saw_passing() {
        for text in [
            "2001:db8::",
            "abcdef012345::/64",
            "1:2:3:4:5:6:7:8:9::1/64",
            "::/64",
            "fe80::/64",
            "2002::1234:abcd:ffff:c0a8:101/64",
            "2001:DB8:0:0:0:0:0:1/128",
            "::ffff:a00:0/104",
        ] {
            assert!(is_v6_cidr(text), "{text}");
        }
        for text in ["10.0.0.0/8", "10.0.0.1/24", "10.0.0.0/", "010.0.0.1/24", "0.0.0.0/0"] {
            assert!(is_v4_cidr(text), "{text}");
        }
    }

    #[test]
    fn refuses_what_the_run_saw_refused() {
        for text in [
            "2001:db8::1::/64",
            "10.0.0.0/24",
            "2001:db8::/129",
            "2001:db8::/064",
            "::/0",
            "::ffff:10.0.0.0/104",
            "2001:db8::zz/64",
            "fe80::1%eth0/64",
            "2001:db8:: /64",
            ":::/64",
            "",
        ] {
            assert!(!is_v6_cidr(text), "{text}");
        }
        for text in ["10.0.0.0", "256.0.0.0/8", "10.0.0/8", "10.0.0.0/33", "10.0.0.0/08", "2001:db8::/64"] {
            assert!(!is_v4_cidr(text), "{text}");
        }
    }
}
