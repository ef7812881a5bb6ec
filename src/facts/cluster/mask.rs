//! Node masks: how large a piece of a cluster range each node gets (kubernetes.md C3, C4).

use ipnet::IpNet;

use super::component::{Flags, generic, per_family};
use super::range::family;
use crate::model::IpFamily;

/// Most bits between an IPv6 cluster range and its node mask (`clusterSubnetMaxDiff`).
pub const MOST_BITS: u8 = 16;

/// How a range and a node mask go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// They fit.
    Fits,
    /// They fit, but the whole cluster gets a single node range.
    OneNode,
    /// The range is smaller than the piece of one node.
    RangeTooSmall,
    /// There are more pieces than can be kept.
    RangeTooLarge,
}

/// Compares the prefix of a range with the node mask. IPv4 has no upper limit in the controller manager.
pub fn fit(range: IpNet, mask: u8) -> Fit {
    let is_v6 = family(&range) == IpFamily::V6;
    match mask.checked_sub(range.prefix_len()) {
        None => Fit::RangeTooSmall,
        Some(bits) if is_v6 && bits > MOST_BITS => Fit::RangeTooLarge,
        Some(0) if is_v6 => Fit::OneNode,
        Some(_) => Fit::Fits,
    }
}

/// The node mask of the controller manager for `wanted`; `None` when a flag for it is no number.
pub fn node_mask(flags: &Flags<'_>, wanted: IpFamily, minor: u32) -> Option<u8> {
    let number = |name: &str| flags.get(name).map(|flag| flag.value.parse::<u8>().ok());
    // 0 means that the flag was not given
    let given = |name: &str| number(name).filter(|mask| *mask != Some(0));
    if minor < 17 {
        return given(generic()).unwrap_or(Some(24));
    }
    let default = if wanted == IpFamily::V4 { 24 } else { 64 };
    given(per_family(wanted)).or_else(|| given(generic())).unwrap_or(Some(default))
}
