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

/// The node mask of the controller manager for `wanted`, one of its ranges or, if `several`, one of two; `None` when a
/// flag for it is no number. The generic flag counts for a single range only (kubernetes.md C5).
pub fn node_mask(flags: &Flags<'_>, wanted: IpFamily, several: bool, minor: u32) -> Option<u8> {
    // 0 means that the flag was not given
    let given = |name: &str| flags.get(name).filter(|flag| flag.value != "0");
    let (flag, default) = if minor < 17 {
        (given(generic()), 24)
    } else {
        let generic = || given(generic()).filter(|_| !several);
        (given(per_family(wanted)).or_else(generic), default_mask(wanted))
    };
    flag.map_or(Some(default), |flag| flag.value.parse().ok())
}

/// The node mask that kubeadm expects for `wanted`; `None` when the flag for it is no number. Without its gate of dual
/// stack it reads the generic flag, and that of the family otherwise
/// (kubernetes/kubernetes@v1.20.15, v1.36.3:cmd/kubeadm/app/apis/kubeadm/validation/validation.go,
/// `getClusterNodeMask`).
pub fn kubeadm_node_mask(flags: &Flags<'_>, wanted: IpFamily, has_dual_stack: bool) -> Option<u8> {
    let name = if has_dual_stack { per_family(wanted) } else { generic() };
    let own = flags.get(name).filter(|flag| !flag.value.is_empty());
    own.map_or(Some(default_mask(wanted)), |flag| flag.value.parse().ok())
}

fn default_mask(family: IpFamily) -> u8 {
    match family {
        IpFamily::V4 => 24,
        IpFamily::V6 => 64,
    }
}
