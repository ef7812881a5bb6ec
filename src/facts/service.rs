//! The families of a Service: as AKO sees them, and in [`resolution`] as the API server settles them.

pub mod resolution;

use resolution::{is_settled, settle};

use super::view::View;
use crate::model::address::{Address, classify};
use crate::model::{Families, IpFamily, Node, Object, Profile};

/// The families of a Service in order, and the fields they stand in.
#[derive(Clone, Debug)]
pub struct ServiceFamilies<'a> {
    families: Vec<(IpFamily, Node<'a>)>,
    /// Whether something on the Service, or a stated fact about the cluster, says so.
    pub known: bool,
}

impl<'a> ServiceFamilies<'a> {
    /// The families of `service` (ako.md 4.7): `ipFamilies`; else those of its cluster IPs; else both if dual
    /// stack is required; else the cluster's primary family; else IPv4. Then the one that the API server of a cluster
    /// whose families are known adds for a Service it has not seen yet.
    pub fn of(service: Object<'a>, profile: &Profile) -> Self {
        let spec = service.spec();
        let named = spec.at("ipFamilies").items();
        let mut families: Vec<_> = named.filter_map(|n| Some((IpFamily::parse(n.text())?, n))).collect();
        if families.is_empty() {
            families = spec.at("clusterIPs").items().filter_map(cluster_ip).collect();
        }
        if families.is_empty() {
            families.extend(cluster_ip(spec.at("clusterIP")));
        }
        let policy = spec.at("ipFamilyPolicy");
        if families.is_empty() && policy.text() == "RequireDualStack" {
            let first = profile.primary_family().unwrap_or(IpFamily::V4);
            let second = if first == IpFamily::V4 { IpFamily::V6 } else { IpFamily::V4 };
            families = vec![(first, policy), (second, policy)];
        }
        let mut known = !families.is_empty();
        if families.is_empty() {
            known = profile.primary_family().is_some();
            families = vec![(profile.primary_family().unwrap_or(IpFamily::V4), spec.at("type"))];
        }
        // where the cluster is known, so is what its API server adds
        if families.len() == 1 && !is_settled(service) {
            let settled = settle(service, None, &profile.families());
            let second = settled.and_then(|settled| settled.families.get(1).copied());
            families.extend(second.map(|family| (family, policy)));
        }
        Self { families, known }
    }

    /// The first family.
    pub fn primary(&self) -> Option<IpFamily> {
        self.families.first().map(|(family, _)| *family)
    }

    /// The families as a set.
    pub fn set(&self) -> Families {
        self.families.iter().map(|(family, _)| *family).collect()
    }

    /// The families that are also in `wanted`.
    pub fn within(&self, wanted: Families) -> Families {
        let set = self.set();
        Families { v4: set.v4 && wanted.v4, v6: set.v6 && wanted.v6 }
    }

    /// The field to blame for asking for `family`: the first entry that names it, else what implies it.
    pub fn field_of(&self, family: IpFamily) -> Option<Node<'a>> {
        self.families.iter().find(|(named, _)| *named == family).map(|(_, node)| *node)
    }

    /// The first family, and its field, that is not in `wanted`.
    pub fn first_outside(&self, wanted: Families) -> Option<(IpFamily, Node<'a>)> {
        self.families.iter().copied().find(|(family, _)| !wanted.contains(*family))
    }
}

impl<'a> View<'a> {
    /// The families of the subject, a Service.
    pub fn service_families(&self) -> &ServiceFamilies<'a> {
        self.service_families.get_or_init(|| ServiceFamilies::of(self.subject(), self.profile))
    }
}

fn cluster_ip(node: Node<'_>) -> Option<(IpFamily, Node<'_>)> {
    match classify(node.text()) {
        Address::V4(_) => Some((IpFamily::V4, node)),
        Address::V6(_) => Some((IpFamily::V6, node)),
        _ => None,
    }
}
