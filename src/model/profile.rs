//! What must be known about the environment and stands in no object.

use std::fmt;
use std::str::FromStr;

use super::documented::Documented;
use super::family::IpFamily;
use super::release::{Product, Release};

/// The kind of cloud AKO works with, in the Avi controller's spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants are the controller's own names; each is its name in the enum")]
pub enum Cloud {
    VCenter,
    NsxT,
    NoAccess,
    Aws,
    Azure,
    Gcp,
    OpenStack,
}

impl Cloud {
    /// Every cloud, with its name as AKO and the Avi Controller write it.
    pub const NAMES: [(Self, &'static str); 7] = [
        (Self::VCenter, "CLOUD_VCENTER"),
        (Self::NsxT, "CLOUD_NSXT"),
        (Self::NoAccess, "CLOUD_NONE"),
        (Self::Aws, "CLOUD_AWS"),
        (Self::Azure, "CLOUD_AZURE"),
        (Self::Gcp, "CLOUD_GCP"),
        (Self::OpenStack, "CLOUD_OPENSTACK"),
    ];

    /// Whether AKO treats it as a public cloud (ako.md section 3: AWS, Azure, GCP, `OpenStack`).
    pub fn is_public(self) -> bool {
        matches!(self, Self::Aws | Self::Azure | Self::Gcp | Self::OpenStack)
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(cloud, _)| cloud == self);
        f.write_str(name.map_or("", |(_, name)| name))
    }
}

/// The kind of cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Any Kubernetes that is not `OpenShift`.
    Kubernetes,
    /// `OpenShift`: AKO can list `route.openshift.io` Routes.
    OpenShift,
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kubernetes => "kubernetes",
            Self::OpenShift => "openshift",
        })
    }
}

/// Where an answer came from; the first source that has one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `--profile KEY=VALUE`.
    Flag,
    /// The settings' `profile`.
    Settings,
    /// Objects of the cluster or among the inputs.
    Objects,
    /// Nobody said; a default.
    Default,
}

impl Source {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flag => "--profile",
            Self::Settings => "settings",
            Self::Objects => "objects",
            Self::Default => "default",
        }
    }
}

/// A value, the text it was written as, and who gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// The value.
    pub value: T,
    /// The text as written (`1.30` is not `1.3`).
    pub text: String,
    /// Who gave it.
    pub from: Source,
}

impl<T: fmt::Display> Answer<T> {
    /// An answer in its usual spelling.
    pub fn new(value: T, from: Source) -> Self {
        let text = value.to_string();
        Self { value, text, from }
    }
}

/// A profile entry that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// The key is none of the profile's.
    #[error("unknown profile key {0:?}; known keys: {keys}", keys = KEYS.join(", "))]
    UnknownKey(String),
    /// The value does not fit the key.
    #[error("{value:?} is no value for {key}: {expected}")]
    Value {
        /// The key.
        key: String,
        /// The value.
        value: String,
        /// What would do.
        expected: String,
    },
    /// No `=` in a command-line entry.
    #[error("{0:?} is not KEY=VALUE")]
    NoValue(String),
}

/// The keys of a profile, as in `--profile KEY=VALUE` (design 4).
pub const KEYS: [&str; 10] = [
    "ako",
    "akoCloud",
    "akoNamespace",
    "transportZone",
    "platform",
    "kubernetes",
    "clusterFamilies",
    "aksEngine",
    "kops",
    "vpcIPv6CIDR",
];

/// What people stated, before objects and defaults are looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    /// AKO's release.
    pub ako: Option<Answer<Release>>,
    /// The cloud AKO works with.
    pub cloud: Option<Answer<Cloud>>,
    /// AKO's namespace.
    pub ako_namespace: Option<Answer<String>>,
    /// The kind of cluster.
    pub platform: Option<Answer<Platform>>,
    /// The cluster's families, the primary one first.
    pub cluster_families: Option<Answer<String>>,
    /// Kubernetes' release.
    pub kubernetes: Option<Answer<Release>>,
    /// AKS Engine's release.
    pub aks_engine: Option<Answer<Release>>,
    /// kOps' release.
    pub kops: Option<Answer<Release>>,
    /// The IPv6 range of kOps' VPC; `none` says that there is none.
    pub vpc_ipv6_cidr: Option<Answer<String>>,
    /// The NSX-T transport zone: OVERLAY or VLAN.
    pub transport_zone: Option<Answer<String>>,
    /// Whether a difference between the stated release and the running one is intended.
    pub pin: bool,
}

impl Stated {
    /// The statements of both; those of `first` win.
    #[must_use]
    pub fn merge(first: Self, second: Self) -> Self {
        Self {
            ako: first.ako.or(second.ako),
            cloud: first.cloud.or(second.cloud),
            ako_namespace: first.ako_namespace.or(second.ako_namespace),
            platform: first.platform.or(second.platform),
            cluster_families: first.cluster_families.or(second.cluster_families),
            kubernetes: first.kubernetes.or(second.kubernetes),
            aks_engine: first.aks_engine.or(second.aks_engine),
            kops: first.kops.or(second.kops),
            vpc_ipv6_cidr: first.vpc_ipv6_cidr.or(second.vpc_ipv6_cidr),
            transport_zone: first.transport_zone.or(second.transport_zone),
            pin: first.pin || second.pin,
        }
    }

    /// States `KEY=VALUE`; a later statement from an equal or lesser source does not replace an earlier one.
    pub fn state_pair(&mut self, pair: &str, from: Source) -> Result<(), ProfileError> {
        let (key, value) = pair.split_once('=').ok_or_else(|| ProfileError::NoValue(pair.to_owned()))?;
        self.state(key, value, from)
    }

    /// States `value` for `key`.
    pub fn state(&mut self, key: &str, value: &str, from: Source) -> Result<(), ProfileError> {
        let wrong = |expected: &str| ProfileError::Value {
            key: key.to_owned(),
            value: value.to_owned(),
            expected: expected.to_owned(),
        };
        let text = value.to_owned();
        match key {
            "ako" => {
                let mut release = Release::from_str(value).map_err(|error| wrong(&error.to_string()))?;
                // every line of AKO was first published as X.Y.1
                release.patch.get_or_insert(1);
                self.ako.get_or_insert(Answer { value: release, text, from });
            }
            "akoCloud" => {
                let names: Vec<&str> = Cloud::NAMES.iter().map(|(_, name)| *name).collect();
                let cloud = Cloud::NAMES.iter().find(|(_, name)| *name == value);
                let expected = format!("one of {}", names.join(", "));
                let (cloud, _) = cloud.ok_or_else(|| wrong(&expected))?;
                self.cloud.get_or_insert(Answer { value: *cloud, text, from });
            }
            "akoNamespace" if value.is_empty() => return Err(wrong("a namespace")),
            "akoNamespace" => {
                self.ako_namespace.get_or_insert(Answer { value: text.clone(), text, from });
            }
            "platform" => {
                let platform = match value {
                    "kubernetes" => Platform::Kubernetes,
                    "openshift" => Platform::OpenShift,
                    _ => return Err(wrong("kubernetes or openshift")),
                };
                self.platform.get_or_insert(Answer { value: platform, text, from });
            }
            "clusterFamilies" => {
                let known = ["IPv4", "IPv6", "IPv4,IPv6", "IPv6,IPv4"];
                if !known.contains(&value) {
                    return Err(wrong("one of IPv4; IPv6; IPv4,IPv6; IPv6,IPv4"));
                }
                self.cluster_families.get_or_insert(Answer { value: text.clone(), text, from });
            }
            "transportZone" => {
                if !["OVERLAY", "VLAN"].contains(&value) {
                    return Err(wrong("OVERLAY or VLAN"));
                }
                self.transport_zone.get_or_insert(Answer { value: text.clone(), text, from });
            }
            "kubernetes" | "aksEngine" | "kops" => {
                let release = Release::from_str(value).map_err(|error| wrong(&error.to_string()))?;
                let answer = match key {
                    "kubernetes" => &mut self.kubernetes,
                    "aksEngine" => &mut self.aks_engine,
                    _ => &mut self.kops,
                };
                answer.get_or_insert(Answer { value: release, text, from });
            }
            "vpcIPv6CIDR" => {
                if value != "none" && value.parse::<ipnet::Ipv6Net>().is_err() {
                    return Err(wrong("an IPv6 network, or none"));
                }
                self.vpc_ipv6_cidr.get_or_insert(Answer { value: text.clone(), text, from });
            }
            _ => return Err(ProfileError::UnknownKey(key.to_owned())),
        }
        Ok(())
    }
}

/// The environment as resolved: stated, read from objects, or a default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Whether AKO is in play at all; its rules are skipped otherwise (design 4).
    pub ako_in_play: bool,
    /// AKO's release.
    pub ako: Answer<Release>,
    /// The cloud; nobody can read it from objects.
    pub cloud: Option<Answer<Cloud>>,
    /// AKO's namespace.
    pub ako_namespace: Answer<String>,
    /// The kind of cluster.
    pub platform: Answer<Platform>,
    /// The cluster's families, primary first, when known.
    pub cluster_families: Option<Answer<String>>,
    /// Kubernetes' release.
    pub kubernetes: Answer<Release>,
    /// AKS Engine's release.
    pub aks_engine: Answer<Release>,
    /// kOps' release.
    pub kops: Answer<Release>,
    /// The IPv6 range of kOps' VPC as stated; `none` says that there is none.
    pub vpc_ipv6_cidr: Option<Answer<String>>,
    /// What documents among the inputs say of the cluster.
    pub documented: Documented,
    /// The NSX-T transport zone as stated.
    pub transport_zone: Option<Answer<String>>,
    /// The family of Service default/kubernetes. It is the cluster's primary family and says nothing of a second one,
    /// which that Service never has.
    pub api_server_family: Option<IpFamily>,
    /// A release that runs but is not the stated one, when they are of different eras.
    pub running_ako: Option<Release>,
}

impl Profile {
    /// The cluster's families, primary first; empty where they are not known.
    pub fn families(&self) -> Vec<IpFamily> {
        let families = self.cluster_families.as_ref();
        families.map_or(Vec::new(), |answer| answer.value.split(',').filter_map(IpFamily::parse).collect())
    }

    /// The cluster's primary family, when known.
    pub fn primary_family(&self) -> Option<IpFamily> {
        self.families().first().copied().or(self.api_server_family)
    }

    /// The release of a product.
    pub fn release(&self, product: Product) -> &Answer<Release> {
        match product {
            Product::Ako => &self.ako,
            Product::Kubernetes => &self.kubernetes,
            Product::AksEngine => &self.aks_engine,
            Product::Kops => &self.kops,
        }
    }

    /// The entries for the JSON output, in a fixed order.
    pub fn entries(&self) -> Vec<(&'static str, &str, Source)> {
        let mut entries = Vec::new();
        if self.ako_in_play {
            entries.push(("ako", self.ako.text.as_str(), self.ako.from));
        }
        entries.extend(self.cloud.iter().map(|cloud| ("akoCloud", cloud.text.as_str(), cloud.from)));
        entries.push(("akoNamespace", self.ako_namespace.text.as_str(), self.ako_namespace.from));
        entries.push(("platform", self.platform.text.as_str(), self.platform.from));
        let families = self.cluster_families.iter();
        entries.extend(families.map(|f| ("clusterFamilies", f.text.as_str(), f.from)));
        // what nobody said of products that may not be there is left out
        let releases =
            [("kubernetes", &self.kubernetes), ("aksEngine", &self.aks_engine), ("kops", &self.kops)];
        let known = releases.into_iter().filter(|(_, release)| release.from != Source::Default);
        entries.extend(known.map(|(key, release)| (key, release.text.as_str(), release.from)));
        let pool = self.vpc_ipv6_cidr.iter();
        entries.extend(pool.map(|pool| ("vpcIPv6CIDR", pool.text.as_str(), pool.from)));
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_statement_wins_and_keeps_its_text() {
        let mut stated = Stated::default();
        assert_eq!(stated.state_pair("ako=1.9.3", Source::Flag), Ok(()));
        assert_eq!(stated.state("ako", "2.1.1", Source::Settings), Ok(()));
        assert_eq!(stated.ako.map(|ako| (ako.text, ako.from)), Some(("1.9.3".into(), Source::Flag)));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let mut stated = Stated::default();
        for pair in ["ako", "ako=new", "akoCloud=vcenter", "colour=red", "platform=eks", "transportZone=x"] {
            assert!(stated.state_pair(pair, Source::Flag).is_err(), "{pair}");
        }
    }
}
