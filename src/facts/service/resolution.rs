//! How the API server settles the families of a Service (kubernetes.md 2.2;
//! kubernetes/kubernetes@v1.36.3:pkg/registry/core/service/storage/alloc.go initIPFamilyFields).
//!
//! Files hold what people write; the API server fills in the rest before it lets webhooks look.

use crate::facts::view::View;
use crate::model::address::{Address, classify};
use crate::model::{IpFamily, Node, Object};

/// Why the API server refuses the families of a Service, with the field it names.
#[derive(Clone, Copy, Debug)]
pub enum FamilyFault<'a> {
    /// Fewer families or addresses than before, without the policy that gives one up. Holds the policy.
    Fewer(Node<'a>),
    /// Two families or addresses under the policy SingleStack. Holds the policy.
    TwoOfSingleStack(Node<'a>),
    /// Dual stack is required of a cluster that has one family. Holds the policy, and that family.
    NoSecondFamily(Node<'a>, IpFamily),
    /// A family that the cluster does not have.
    NotConfigured(Node<'a>, IpFamily),
}

/// The family of a cluster IP.
pub fn family_of(address: &str) -> Option<IpFamily> {
    match classify(address) {
        Address::V4(_) | Address::Mapped(_) => Some(IpFamily::V4),
        Address::V6(_) => Some(IpFamily::V6),
        _ => None,
    }
}

/// Whether a Service has no cluster IP by choice.
pub fn is_headless(service: Object<'_>) -> bool {
    let spec = service.spec();
    spec.at("clusterIP").text() == "None" || first_text(spec.at("clusterIPs")) == "None"
}

fn first_text(list: Node<'_>) -> &str {
    list.items().next().map_or("", Node::text)
}

fn texts(list: Node<'_>) -> Vec<&str> {
    list.items().map(Node::text).collect()
}

fn has_selector(service: Object<'_>) -> bool {
    service.spec().at("selector").children().next().is_some()
}

/// The cluster IPs that the API server takes for those of `service`, which replaces `old`: what is left out is kept from
/// before, and `clusterIP` alone stands for the list
/// (kubernetes/kubernetes@v1.36.3:pkg/registry/core/service/storage/storage.go, `patchAllocatedValues` and
/// `normalizeClusterIPs`).
fn cluster_ips<'a>(service: Object<'a>, old: Option<Object<'a>>) -> Vec<&'a str> {
    let given = |object: Object<'a>| {
        let spec = object.spec();
        (spec.at("clusterIP").text(), texts(spec.at("clusterIPs")))
    };
    let (mut first, mut list) = given(service);
    let kept = old.filter(|old| !is_external_name(*old) && !is_external_name(service)).map(given);
    let (was_first, was_list) = kept.unwrap_or_default();
    if first.is_empty() {
        first = was_first;
    }
    if list.is_empty() {
        list.clone_from(&was_list);
    }
    if !first.is_empty() && (list.is_empty() || (first != was_first && list == was_list)) {
        list = vec![first];
    }
    list
}

/// The fields of the cluster IPs that a Service states: the entries of `clusterIPs`, or else `clusterIP`, which may be
/// absent.
pub fn cluster_ip_fields(service: Object<'_>) -> impl Iterator<Item = Node<'_>> {
    let spec = service.spec();
    let list = spec.at("clusterIPs");
    let single = list.items().next().is_none().then(|| spec.at("clusterIP"));
    list.items().chain(single)
}

/// Whether a Service with these cluster IPs may name families that its cluster does not have: one without an address and
/// a selector.
fn takes_any_family(service: Object<'_>, ips: &[&str]) -> bool {
    ips.first() == Some(&"None") && !has_selector(service)
}

/// Whether a Service is of type `ExternalName`.
pub fn is_external_name(service: Object<'_>) -> bool {
    service.spec().at("type").text() == "ExternalName"
}

/// The policy that applies; empty when it is none that exists.
fn policy<'a>(service: Object<'a>, old: Option<Object<'a>>, ips: &[&str]) -> &'a str {
    let written = service.spec().at("ipFamilyPolicy").text();
    if !written.is_empty() {
        return written;
    }
    let before = old.map_or("", |old| old.spec().at("ipFamilyPolicy").text());
    if !before.is_empty() {
        before
    } else if takes_any_family(service, ips) {
        "RequireDualStack"
    } else {
        "SingleStack"
    }
}

/// What the API server says about the families of `service`, which replaces `old` and has the cluster IPs `ips`. `cluster`
/// holds the families of the cluster, primary first; empty where they are not known, and then nothing that depends on
/// them is said.
fn fault<'a>(
    service: Object<'a>,
    old: Option<Object<'a>>,
    ips: &[&str],
    cluster: &[IpFamily],
) -> Option<FamilyFault<'a>> {
    if is_external_name(service) {
        return None;
    }
    let field = service.spec().at("ipFamilyPolicy");
    let policy = policy(service, old, ips);
    let families = texts(service.spec().at("ipFamilies"));
    let before = old.map(|old| (texts(old.spec().at("ipFamilies")), cluster_ips(old, None)));
    let (same_families, same_ips) =
        before.as_ref().map_or((false, false), |(named, had)| (*named == families, *had == ips));
    if policy == "SingleStack" {
        // giving up the second family by the policy alone is the supported way
        return if same_families && same_ips {
            None
        } else if (ips.len() > 1 && !same_ips) || (families.len() > 1 && !same_families) {
            Some(FamilyFault::TwoOfSingleStack(field))
        } else {
            not_configured(service, ips, cluster)
        };
    }
    let (had_families, had_ips) = before.map_or((0, 0), |(named, had)| (named.len(), had.len()));
    let fewer = |was: usize, now: usize| now > 0 && now < was;
    if fewer(had_ips, ips.len()) || fewer(had_families, families.len()) {
        return Some(FamilyFault::Fewer(field));
    }
    if same_families && same_ips && policy == "PreferDualStack" {
        return None;
    }
    if let ("RequireDualStack", [family]) = (policy, cluster)
        && !takes_any_family(service, ips)
    {
        return Some(FamilyFault::NoSecondFamily(field, *family));
    }
    not_configured(service, ips, cluster)
}

fn not_configured<'a>(service: Object<'a>, ips: &[&str], cluster: &[IpFamily]) -> Option<FamilyFault<'a>> {
    if cluster.is_empty() || takes_any_family(service, ips) {
        return None;
    }
    let families = || service.spec().at("ipFamilies").items();
    let named = families().filter_map(|node| Some((node, IpFamily::parse(node.text())?)));
    // families that nobody names are taken from the addresses
    let addresses = cluster_ip_fields(service).skip(families().count());
    let implied = addresses.filter_map(|node| Some((node, family_of(node.text())?)));
    let outside = named.chain(implied).find(|(_, family)| !cluster.contains(family));
    outside.map(|(node, family)| FamilyFault::NotConfigured(node, family))
}

/// The families of a Service as the API server settles them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled<'a> {
    /// `ipFamilyPolicy`.
    pub policy: &'a str,
    /// `ipFamilies`; `clusterIPs` are of these families, in this order.
    pub families: Vec<IpFamily>,
}

/// What the API server makes of the families of `service`, which replaces `old`, in a cluster with the families
/// `cluster`. Nothing where it refuses them, for a Service that has none, and for a cluster nobody knows.
pub fn settle<'a>(service: Object<'a>, old: Option<Object<'a>>, cluster: &[IpFamily]) -> Option<Settled<'a>> {
    let first = cluster.first()?;
    let addresses = cluster_ips(service, old);
    if is_external_name(service) || fault(service, old, &addresses, cluster).is_some() {
        return None;
    }
    let spec = service.spec();
    let policy = policy(service, old, &addresses);
    let mut families: Vec<IpFamily> =
        spec.at("ipFamilies").items().filter_map(|node| IpFamily::parse(node.text())).collect();
    // one that prefers dual stack is left alone until its lists change, whatever has become of the cluster
    let is_kept = old.is_some_and(|old| {
        let before = old.spec();
        policy == "PreferDualStack"
            && before.at("ipFamilyPolicy").text() == policy
            && texts(before.at("ipFamilies")) == texts(spec.at("ipFamilies"))
            && cluster_ips(old, None) == addresses
    });
    if is_kept {
        return Some(Settled { policy, families });
    }
    if policy == "SingleStack" {
        families.truncate(1);
    }
    let wanted = if policy == "SingleStack" { 1 } else { 2 };
    let plain = addresses.iter().filter(|address| **address != "None");
    for family in plain.take(wanted).skip(families.len()) {
        families.push(family_of(family)?);
    }
    if families.is_empty() {
        families.push(*first);
    }
    if families.len() < wanted && (cluster.len() == 2 || takes_any_family(service, &addresses)) {
        let other = if families.first() == Some(&IpFamily::V4) { IpFamily::V6 } else { IpFamily::V4 };
        families.push(other);
    }
    Some(Settled { policy, families })
}

/// Whether an API server has settled the Service already, as it has whatever a webhook or a dump of a cluster shows:
/// it knows its cluster better than anybody else. Its mark is that every field it fills in is there and agrees; who
/// writes a Service leaves most of them away.
pub fn is_settled(service: Object<'_>) -> bool {
    let [kind, ip, ips, policy, families, affinity] = service.spec().entries([
        "type",
        "clusterIP",
        "clusterIPs",
        "ipFamilyPolicy",
        "ipFamilies",
        "sessionAffinity",
    ]);
    let (ips, families) = (ips.items().count(), families.items().count());
    let wanted = if policy.text() == "RequireDualStack" { 2 } else { 1 };
    [kind, ip, policy, affinity].into_iter().all(|field| !field.text().is_empty())
        && families >= wanted
        && (is_headless(service) || ips == families)
}

impl<'a> View<'a> {
    /// The type of the subject, a Service, as written.
    pub fn service_type(&self) -> &'a str {
        self.service_type.get_or_init(|| self.subject().spec().at("type").text())
    }

    /// Whether the subject is a Service of type `ExternalName`.
    pub fn is_external_name(&self) -> bool {
        self.service_type() == "ExternalName"
    }

    /// The cluster IPs that the API server takes for those of the subject, a Service.
    pub fn cluster_ips(&self) -> &[&'a str] {
        self.cluster_ips.get_or_init(|| cluster_ips(self.subject(), self.old))
    }

    /// What the API server says about the families of the subject, a Service.
    pub fn family_fault(&self) -> Option<FamilyFault<'a>> {
        let decide = || fault(self.subject(), self.old, self.cluster_ips(), &self.unsettled_families());
        *self.family_fault.get_or_init(decide)
    }

    /// Whether an API server has settled the subject, a Service, already.
    pub fn is_settled(&self) -> bool {
        *self.is_settled.get_or_init(|| is_settled(self.subject()))
    }

    /// The families of the cluster that the subject still depends on, primary first; none where they are not known
    /// or an API server has settled the Service.
    pub fn unsettled_families(&self) -> Vec<IpFamily> {
        if self.is_settled() { Vec::new() } else { self.cluster_families() }
    }

    /// The families of the cluster, primary first; empty where they are not known.
    pub fn cluster_families(&self) -> Vec<IpFamily> {
        self.profile.families()
    }
}
