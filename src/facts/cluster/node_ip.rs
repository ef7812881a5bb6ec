//! The kubelet's own addresses, `--node-ip` (kubernetes.md C15).

use std::net::IpAddr;

use super::range::is_lenient_address;
use crate::facts::service::resolution::family_of;
use crate::model::IpFamily;

/// What is wrong with a list of node addresses, from 1.20 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeIpFault {
    /// An entry is no address.
    Unreadable,
    /// A pair holds `0.0.0.0` or `::`.
    Unspecified,
    /// Both are of one family.
    OneFamily,
    /// There are more than two.
    TooMany,
}

impl NodeIpFault {
    /// The fault in words, to follow the name of the list.
    pub fn explain(self) -> &'static str {
        match self {
            Self::Unreadable => "holds what is no address",
            Self::Unspecified => "pairs an unspecified address with another",
            Self::OneFamily => "holds two addresses of one family",
            Self::TooMany => "holds more than two addresses",
        }
    }

    /// What the kubelet makes of it
    /// (k8s.io/kubernetes@v1.36.3:cmd/kubelet/app/server.go, `ParseNodeIPArgument`; K@1.22.17 alike).
    pub fn consequence(self) -> &'static str {
        match self {
            Self::Unreadable => "the kubelet would log it, and go on as if the entry were not there",
            _ => "the kubelet would end with an error instead of starting",
        }
    }
}

/// The entries of a list of node addresses; blanks around them do not count.
pub fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|_| !list.is_empty())
}

/// What keeps a list from being one address, or one of each family.
pub fn fault(list: &str) -> Option<NodeIpFault> {
    let families: Vec<Option<IpFamily>> = entries(list).map(family).collect();
    let is_unspecified = |text: &str| text.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified());
    match families.as_slice() {
        list if list.contains(&None) => Some(NodeIpFault::Unreadable),
        [_, _, _, ..] => Some(NodeIpFault::TooMany),
        [first, second] if first == second => Some(NodeIpFault::OneFamily),
        [_, _] if entries(list).any(is_unspecified) => Some(NodeIpFault::Unspecified),
        _ => None,
    }
}

/// The family of an address as flags take it: leading zeros are decimal.
fn family(text: &str) -> Option<IpFamily> {
    family_of(text).or_else(|| is_lenient_address(text).then_some(IpFamily::V4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_is_wrong_with_node_addresses() {
        let cases = [
            ("", None),
            ("::", None),
            ("192.0.2.4", None),
            ("192.0.2.04, 2001:db8::4", None),
            ("::ffff:192.0.2.4,2001:db8::4", None),
            ("192.0.2.4,", Some(NodeIpFault::Unreadable)),
            ("192.0.2.4,node", Some(NodeIpFault::Unreadable)),
            ("192.0.2.4,::", Some(NodeIpFault::Unspecified)),
            ("::ffff:192.0.2.4,192.0.2.5", Some(NodeIpFault::OneFamily)),
            ("192.0.2.4,2001:db8::4,192.0.2.5", Some(NodeIpFault::TooMany)),
        ];
        for (list, wanted) in cases {
            assert_eq!(fault(list), wanted, "{list}");
        }
    }
}
