//! What the whole derivation asks: the configuration as AKO reads it, and what becomes of what nobody knows.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use super::Crash;
use super::backend::{Backend, Member, Shared, supply};
use super::names::Names;
use crate::facts::ako::config::{Config, Setting};
use crate::facts::ako::era::{CloudSupport, Era};
use crate::facts::ako::handled::is_rejected;
use crate::facts::ako::node::{self, Reader};
use crate::facts::ako::pool::lacks_families_for_good;
use crate::facts::service::ServiceFamilies;
use crate::facts::service::resolution::is_external_name;
use crate::facts::{Unknown, View};
use crate::model::{
    Cloud, Families, IpFamily, Kind, Node, Object, Profile, Release, Seen, Shape, Snapshot, Source,
};

/// How pools are filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// With the addresses of Pods.
    ClusterIp,
    /// With the addresses of nodes.
    NodePort,
    /// With what Antrea annotates Pods with.
    NodePortLocal,
}

pub(super) struct World<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) view: View<'a>,
    pub(super) config: Config<'a>,
    pub(super) release: Release,
    pub(super) era: Era,
    pub(super) cloud: Cloud,
    pub(super) names: Names,
    pub(super) mode: Mode,
    /// The families AKO works with, in its own spelling; garbage on a cloud where it takes what is written.
    pub(super) ip_family: String,
    pub(super) families: Families,
    /// How nodes are read.
    pub(super) nodes: Reader,
    host_rules: OnceCell<HostRules<'a>>,
    pub(super) members: OnceCell<Vec<Member>>,
    pub(super) filled: RefCell<BTreeMap<Backend<'a>, Shared>>,
    notes: RefCell<BTreeSet<String>>,
    /// What Services do not name and is assumed for them.
    unnamed: RefCell<BTreeMap<String, BTreeSet<(String, String)>>>,
    pub(super) crash: Cell<Option<Crash>>,
}

/// HostRules by the way they name hosts.
struct HostRules<'a> {
    exact: BTreeMap<&'a str, Object<'a>>,
    loose: Vec<Object<'a>>,
}

impl<'a> World<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, profile: &'a Profile, subject: Object<'a>) -> Option<Self> {
        let config = Config::of(subject, &profile.ako_namespace.value)?;
        let (release, era) = (profile.ako.value, Era::of(profile.ako.value));
        // the one cloud all releases know IPv6 on
        let cloud = profile.cloud.as_ref().map_or(Cloud::VCenter, |cloud| cloud.value);
        let ip_family = ip_family(&config, cloud, era);
        let families = Families { v4: ip_family != "V6", v6: ip_family == "V6" || ip_family == "V4_V6" };
        let world = Self {
            snapshot,
            view: View::new(snapshot, subject, None, profile, &|| true),
            release,
            era,
            cloud,
            names: Names::of(&config, &profile.ako_namespace.value),
            mode: match config.service_type() {
                "NodePort" => Mode::NodePort,
                "NodePortLocal" => Mode::NodePortLocal,
                _ => Mode::ClusterIp,
            },
            nodes: Reader { release, cni: config.cni(), families },
            families,
            ip_family,
            config,
            host_rules: OnceCell::new(),
            members: OnceCell::new(),
            filled: RefCell::default(),
            notes: RefCell::default(),
            unnamed: RefCell::default(),
            crash: Cell::default(),
        };
        if profile.ako.from == Source::Default {
            world.note(format!("AKO {} is assumed; pass --profile ako=RELEASE", profile.ako.text));
        }
        if cloud == Cloud::NsxT && profile.transport_zone.is_none() {
            world.note(
                "the transport zone of NSX-T is not stated; pass --profile transportZone=OVERLAY or VLAN",
            );
        }
        if profile.cloud.is_none() {
            world.note(format!(
                "the cloud is not stated and {cloud} assumed; pass --profile akoCloud=CLOUD_..."
            ));
        }
        Some(world)
    }

    /// Says what is assumed or cannot be known.
    pub(super) fn note(&self, note: impl Into<String>) {
        self.notes.borrow_mut().insert(note.into());
    }

    /// Says what a Service does not name, and what comes of it; many Services are told of at once.
    pub(super) fn unnamed(&self, service: Object<'_>, what: impl Into<String>) {
        let name = (service.namespace().to_owned(), service.name().to_owned());
        self.unnamed.borrow_mut().entry(what.into()).or_default().insert(name);
    }

    /// All that was said.
    pub(super) fn said(&self) -> Vec<String> {
        let mut notes = self.notes.take();
        for (what, services) in self.unnamed.take() {
            let Some((namespace, name)) = services.first() else { continue };
            notes.insert(match services.len() - 1 {
                0 => format!("Service {namespace}/{name} names no {what}"),
                others => format!("Service {namespace}/{name} and {others} more name no {what}"),
            });
        }
        notes.into_iter().collect()
    }

    /// An answer, or what to go on with where it cannot be had, which is said.
    pub(super) fn known<T>(&self, answer: Result<T, Unknown>, otherwise: T, meaning: &str) -> T {
        answer.unwrap_or_else(|unknown| {
            self.note(format!("{}; {meaning}", supply(&unknown)));
            otherwise
        })
    }

    /// AKO dies over `object`. Only the first death counts.
    pub(super) fn dies(&self, object: Object<'_>, why: impl Into<String>) {
        let crash = self.crash.take();
        self.crash.set(crash.or_else(|| Some(Crash { object: object.reference(), why: why.into() })));
    }

    /// Whether objects of `kind` were looked at.
    pub(super) fn has_seen(&self, kind: Kind) -> bool {
        self.snapshot.seen(kind) == Seen::Completely
    }

    /// Whether this is a release that looks at the families of Services, and can work with both.
    pub(super) fn is_dual_stack(&self) -> bool {
        self.era.has_dual_stack()
    }

    /// Whether AKO reads EndpointSlices.
    pub(super) fn reads_slices(&self) -> bool {
        match self.era {
            Era::Slices => true,
            Era::OptionalSlices => self.config.endpoint_slices(),
            _ => false,
        }
    }

    /// The HostRule of a host (R@2.1.1:internal/objects/crdstore.go `GetFQDNToHostruleMappingWithType`): one of exactly
    /// this name, else one whose text is a part of it or whose `*` stands for its beginning.
    pub(super) fn host_rule(&self, host: &str) -> Option<Object<'a>> {
        let rules = self.host_rules.get_or_init(|| {
            let rules = self.snapshot.all(Kind::HostRule);
            let mut rules: Vec<Object<'a>> = rules.filter(|rule| !is_rejected(*rule)).collect();
            rules.sort_by_key(|rule| (rule.namespace(), rule.name()));
            let (exact, loose): (Vec<_>, Vec<_>) = rules.into_iter().partition(|rule| {
                matches!(rule.spec().at("virtualhost").at("fqdnType").text(), "" | "Exact")
            });
            let exact = exact.into_iter().map(|rule| (rule.spec().at("virtualhost").at("fqdn").text(), rule));
            HostRules { exact: exact.collect(), loose }
        });
        if let Some(rule) = rules.exact.get(host) {
            return Some(*rule);
        }
        let matches = |rule: &&Object<'a>| {
            let virtual_host = rule.spec().at("virtualhost");
            let fqdn = virtual_host.at("fqdn").text();
            match virtual_host.at("fqdnType").text() {
                "Contains" => host.contains(fqdn),
                _ => fqdn.strip_prefix('*').is_some_and(|rest| host.ends_with(rest)),
            }
        };
        let mut matching = rules.loose.iter().filter(matches);
        let rule = matching.next()?;
        if matching.next().is_some() {
            self.note(format!("several HostRules match {host}, and AKO takes any of them"));
        }
        Some(*rule)
    }

    /// Every node, by name.
    pub(super) fn all_nodes(&self) -> Vec<Object<'a>> {
        let mut nodes: Vec<Object<'a>> = self.snapshot.all(Kind::Node).collect();
        nodes.sort_by_key(|node| node.name());
        nodes
    }

    /// The families of a Service as AKO reads them from 1.12.1 on: two in the list are both, and whatever is not IPv6
    /// is IPv4. `None` where the list is empty, which some releases die of.
    pub(super) fn service_families(&self, service: Object<'_>) -> Option<Families> {
        let list = service.spec().at("ipFamilies");
        let count = list.items().count();
        if count == 2 {
            return Some(Families::BOTH);
        }
        if let Some(first) = list.items().next() {
            return Some(if first.text() == "IPv6" { Families::V6 } else { Families::V4 });
        }
        if lacks_families_for_good(service) {
            return None;
        }
        let families = ServiceFamilies::of(service, self.view.profile);
        if !families.known {
            let assumed = families.set();
            self.unnamed(
                service,
                format!("ipFamilies: {assumed} assumed; pass --profile clusterFamilies=..."),
            );
        }
        Some(families.set())
    }

    /// The families a server may have: those of the Service that AKO works with. `None` where AKO dies of the question.
    pub(super) fn wanted(&self, service: Object<'_>, may_be_empty: bool) -> Option<Families> {
        if !self.is_dual_stack() {
            return Some(self.families);
        }
        let Some(families) = self.service_families(service) else {
            if may_be_empty {
                return Some(Families { v4: self.families.v4, v6: false });
            }
            let why = if is_external_name(service) {
                "a Service of type ExternalName has no ipFamilies, the first of which AKO takes for granted"
            } else {
                "the Service has no ipFamilies, the first of which AKO takes for granted"
            };
            self.dies(service, why);
            return None;
        };
        Some(Families { v4: families.v4 && self.families.v4, v6: families.v6 && self.families.v6 })
    }

    /// Why an address of some other family does not become a server.
    pub(super) fn outside(&self, wanted: Families, address: &str) -> String {
        match self.family_of(address) {
            None => "it is no address".to_owned(),
            Some(family) if self.families.contains(family) && wanted == Families::NONE => {
                format!("it is {family}, and the Service has no family that AKO works with")
            }
            Some(family) if self.families.contains(family) => {
                format!("it is {family}, the Service is {wanted}")
            }
            Some(family) => format!("it is {family}, AKO works with ipFamily {}", self.ip_family),
        }
    }

    /// The family AKO takes an address for; `None` where it takes it for none.
    pub(super) fn family_of(&self, text: &str) -> Option<IpFamily> {
        node::family_of(text, self.era)
    }
}

/// `ipFamily` as AKO works with it (R@*:internal/lib/lib.go `SetIPFamily`): as written, on clouds it knows IPv6 on.
fn ip_family(config: &Config<'_>, cloud: Cloud, era: Era) -> String {
    let written = config.at(Setting::IpFamily);
    let default = if era.has_dual_stack() { "V4_V6" } else { "V4" };
    match (era.ipv6_on(cloud), written.shape()) {
        (CloudSupport::No, _) => "V4".to_owned(),
        // the chart quotes whatever it is given
        (_, Some(Shape::List)) => {
            format!("[{}]", written.items().map(Node::text).collect::<Vec<_>>().join(" "))
        }
        (_, Some(Shape::Map)) => "map[]".to_owned(),
        _ if written.text().is_empty() => default.to_owned(),
        _ => written.text().to_owned(),
    }
}
