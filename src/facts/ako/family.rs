//! The families AKO puts into its pools.

use super::config::Config;
use super::era::{CloudSupport, Era};
use crate::facts::view::{Unknown, View};
use crate::model::{Families, Platform};

impl View<'_> {
    /// The era of the release in force.
    pub fn era(&self) -> Era {
        Era::of(self.profile.ako.value)
    }

    /// How far the declared cloud supports IPv6; `None` when no cloud was declared.
    ///
    /// A release without any IPv6 support needs no declaration.
    pub fn cloud_support(&self) -> Option<CloudSupport> {
        if self.era() == Era::NoIpv6 {
            return Some(CloudSupport::No);
        }
        self.profile.cloud.as_ref().map(|cloud| self.era().ipv6_on(cloud.value))
    }

    /// Whether `ipFamily` has a say: AKO ignores it on a cloud without IPv6.
    pub fn ip_family_counts(&self) -> bool {
        self.cloud_support() != Some(CloudSupport::No)
    }

    /// Whether the cluster is `OpenShift`: as stated or seen, or because AKO's CNI implies it.
    pub fn is_openshift(&self) -> Result<bool, Unknown> {
        if self.profile.platform.value == Platform::OpenShift {
            return Ok(true);
        }
        self.config_or(false, Config::implies_openshift)
    }

    /// The families of pool servers that AKO works with (ako.md 4.1): `ipFamily`, or its default, and IPv4 on a
    /// cloud where AKO ignores the setting.
    pub fn effective_families(&self) -> Result<Families, Unknown> {
        let era = self.era();
        let written = self.config_or("", |config| config.ip_family())?;
        let known = era.ip_family_values().contains(&written);
        let wanted = match written {
            "V4" => return Ok(Families::V4),
            "V6" if known => Families::V6,
            "V4_V6" if known => Families::BOTH,
            _ if era.has_dual_stack() => Families::BOTH,
            _ => return Ok(Families::V4),
        };
        match self.cloud_support() {
            None => Err(Unknown::cloud()),
            Some(CloudSupport::No) => Ok(Families::V4),
            Some(CloudSupport::Yes | CloudSupport::Undocumented) => Ok(wanted),
        }
    }
}
