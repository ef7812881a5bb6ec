//! The eras of AKO's IPv6 support.

use std::fmt;

use crate::model::{Cloud, Release};

/// A span of releases whose IPv6 behaviour is the same (ako.md section 1). Differences inside an era are asked
/// for by release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Era {
    /// Before 1.8.1: no IPv6 at all.
    NoIpv6,
    /// 1.8.x: tech preview, Calico only.
    Preview,
    /// 1.9.1 to 1.11.5: L7 IPv6 on vCenter, one family in a pool. The founding documents describe this era.
    Layer7,
    /// 1.12.1 to 1.12.3: dual stack in code, L4 IPv6 VIPs; pools still read Endpoints.
    DualStack,
    /// 1.13.x: as before, `EndpointSlice`s unless switched off.
    OptionalSlices,
    /// 1.14.1 and later: `EndpointSlice`s always.
    Slices,
}

/// First release with L4 IPv6 VIPs, `V4_V6` and an IPv6 controller (CHANGELOG 1.12.1).
pub const DUAL_STACK: Release = Release::new(1, 12, 1);
/// First release that survives an IPv6-only VIP over a restart, and that knows networkUUID (ako.md rows A13, 2).
pub const SURVIVES_IPV6_ONLY_VIP: Release = Release::new(1, 10, 3);
/// First release that reads L4Rules (ako.md 4.6).
pub const L4_RULE: Release = Release::new(1, 10, 1);
/// First release that looks at the Namespace's `AviInfraSetting` annotation and has a Gateway API preview.
pub const NAMESPACE_SETTING: Release = Release::new(1, 11, 1);
/// First release with VPC mode (ako.md section 3).
pub const VPC_MODE: Release = Release::new(1, 13, 3);
/// The published releases that are described, oldest first (ako.md section 1).
pub const RELEASES: [Release; 24] = [
    Release::new(1, 8, 1),
    Release::new(1, 8, 2),
    Release::new(1, 9, 1),
    Release::new(1, 9, 2),
    Release::new(1, 9, 3),
    Release::new(1, 10, 1),
    Release::new(1, 10, 2),
    Release::new(1, 10, 3),
    Release::new(1, 10, 4),
    Release::new(1, 10, 5),
    Release::new(1, 11, 1),
    Release::new(1, 11, 2),
    Release::new(1, 11, 3),
    Release::new(1, 11, 4),
    Release::new(1, 11, 5),
    Release::new(1, 12, 1),
    Release::new(1, 12, 2),
    Release::new(1, 12, 3),
    Release::new(1, 13, 1),
    Release::new(1, 13, 2),
    Release::new(1, 13, 3),
    Release::new(1, 13, 4),
    Release::new(1, 14, 1),
    Release::new(2, 1, 1),
];
/// First release line nobody has described yet: 2.2.1 is in work at the time of writing.
pub const UNDESCRIBED: Release = Release::new(2, 3, 0);

impl Era {
    /// The era of a release; one newer than any described belongs to the newest.
    pub fn of(release: Release) -> Self {
        let starts = [
            (Release::new(1, 14, 0), Self::Slices),
            (Release::new(1, 13, 0), Self::OptionalSlices),
            (Release::new(1, 12, 0), Self::DualStack),
            (Release::new(1, 9, 0), Self::Layer7),
            (Release::new(1, 8, 1), Self::Preview),
        ];
        // a release written without its third number (1.12) means the line's first published one
        let at_least = |from: &Release| {
            (release.major, release.minor, release.patch.unwrap_or(1))
                >= (from.major, from.minor, from.patch.unwrap_or(0))
        };
        starts.iter().find(|(from, _)| at_least(from)).map_or(Self::NoIpv6, |(_, era)| *era)
    }

    /// Whether this is an era from 1.12.1 on.
    pub fn has_dual_stack(self) -> bool {
        self >= Self::DualStack
    }

    /// The values of `ipFamily` that AKO accepts; exact spelling (R@*:internal/lib/lib.go `IsValidV6Config`).
    pub fn ip_family_values(self) -> &'static [&'static str] {
        match self {
            Self::NoIpv6 => &["V4"],
            Self::Preview | Self::Layer7 => &["V4", "V6"],
            _ => &["V4", "V6", "V4_V6"],
        }
    }

    /// CNI plug-ins the documents support IPv6 with, in lower case.
    pub fn ipv6_cnis(self) -> &'static [&'static str] {
        match self {
            Self::NoIpv6 => &[],
            Self::Preview => &["calico"],
            _ => &["calico", "antrea"],
        }
    }

    /// How far IPv6 is supported on a cloud (R@*:internal/lib/lib.go `SetIPFamily`, `IsV6EnabledCloud`; documents).
    pub fn ipv6_on(self, cloud: Cloud) -> CloudSupport {
        match cloud {
            _ if self == Self::NoIpv6 => CloudSupport::No,
            Cloud::VCenter => CloudSupport::Yes,
            Cloud::NsxT | Cloud::NoAccess if self.has_dual_stack() => CloudSupport::Undocumented,
            _ => CloudSupport::No,
        }
    }
}

impl fmt::Display for Era {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoIpv6 => "before 1.8.1",
            Self::Preview => "1.8.x",
            Self::Layer7 => "1.9.1 - 1.11.5",
            Self::DualStack => "1.12.x",
            Self::OptionalSlices => "1.13.x",
            Self::Slices => "1.14.1 and later",
        })
    }
}

/// How far a cloud supports IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloudSupport {
    /// By code and documents.
    Yes,
    /// The code does it, the documents name vCenter only.
    Undocumented,
    /// Not at all.
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_era_of_each_line() {
        let era = |text: &str| text.parse().map(Era::of);
        assert_eq!(era("1.7.2"), Ok(Era::NoIpv6));
        assert_eq!(era("1.8.2"), Ok(Era::Preview));
        assert_eq!(era("1.9.1"), Ok(Era::Layer7));
        assert_eq!(era("1.11.5"), Ok(Era::Layer7));
        assert_eq!(era("1.12.1"), Ok(Era::DualStack));
        assert_eq!(era("1.12"), Ok(Era::DualStack));
        assert_eq!(era("1.13.4"), Ok(Era::OptionalSlices));
        assert_eq!(era("2.1.1"), Ok(Era::Slices));
        assert_eq!(era("9.0.0"), Ok(Era::Slices));
    }

    #[test]
    fn releases_are_listed_in_order_and_described() {
        assert!(RELEASES.is_sorted());
        assert!(RELEASES.iter().all(|release| *release < UNDESCRIBED && Era::of(*release) > Era::NoIpv6));
    }

    #[test]
    fn ipv6_clouds_turned_over_at_1_12_1() {
        assert_eq!(Era::Layer7.ipv6_on(Cloud::NsxT), CloudSupport::No);
        assert_eq!(Era::DualStack.ipv6_on(Cloud::NsxT), CloudSupport::Undocumented);
        assert_eq!(Era::Slices.ipv6_on(Cloud::Aws), CloudSupport::No);
        assert_eq!(Era::Preview.ipv6_on(Cloud::VCenter), CloudSupport::Yes);
    }
}
