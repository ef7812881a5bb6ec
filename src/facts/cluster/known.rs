//! What the inputs say about a cluster as a whole: its release, its Service ranges and the families they give it.

use ipnet::IpNet;

use super::component::{Component, SERVICE_RANGE, of};
use super::range::{Ranges, parse};
use super::release::named_by;
use crate::facts::view::View;
use crate::model::{Answer, Kind, Lookup, Node, Object, Release, Snapshot, Source};

/// The release that the documents among the inputs name.
pub fn release(snapshot: &Snapshot) -> Option<Answer<Release>> {
    let documents = configurations(snapshot);
    let named = documents.into_iter().find_map(named_by);
    named.map(|(value, text)| Answer { value, text: text.to_owned(), from: Source::Objects })
}

/// The release of the API server that was asked.
pub fn server_release(snapshot: &Snapshot) -> Option<Answer<Release>> {
    let text = snapshot.server_version.as_deref()?;
    Some(Answer { value: text.parse().ok()?, text: text.to_owned(), from: Source::Objects })
}

/// The documents that configure a cluster, in a fixed order.
fn configurations(snapshot: &Snapshot) -> Vec<Object<'_>> {
    let mut found = Vec::new();
    for kind in [Kind::ClusterFlags, Kind::ClusterConfiguration] {
        let mut of_kind: Vec<Object<'_>> = snapshot.all(kind).collect();
        of_kind.sort_by_key(|object| (object.namespace(), object.name()));
        if kind == Kind::ClusterConfiguration
            && let Lookup::Found(pod) = snapshot.get(Kind::Pod, "kube-system", "kube-apiserver")
        {
            found.push(pod);
        }
        found.extend(of_kind);
    }
    found
}

/// The Service ranges that the API server starts with, in order: the first source that says so wins
/// (kubernetes.md 2.2). Ranges of further ServiceCIDRs do not count: they add addresses, not families.
pub fn service_ranges(snapshot: &Snapshot) -> Vec<String> {
    if let Lookup::Found(first) = snapshot.get(Kind::ServiceCIDR, "", "kubernetes") {
        let cidrs = first.spec().at("cidrs").items().map(|cidr| cidr.text().to_owned());
        return cidrs.collect();
    }
    for document in configurations(snapshot) {
        let api_server = of(document).into_iter().find(|flags| flags.component == Component::ApiServer);
        if let Some(flag) = api_server.and_then(|flags| flags.get(SERVICE_RANGE)) {
            return flag.value.split(',').map(str::to_owned).collect();
        }
    }
    Vec::new()
}

/// The cluster's families, primary first, as the profile writes them.
pub fn families(snapshot: &Snapshot) -> Option<Answer<String>> {
    let ranges = service_ranges(snapshot).join(",");
    let ranges = Ranges::read(&ranges);
    if ranges.fault().is_some() {
        return None;
    }
    let families: Vec<String> = ranges.families().iter().map(ToString::to_string).collect();
    Some(Answer::new(families.join(","), Source::Objects))
}

impl View<'_> {
    /// Every Service range known, those of further ServiceCIDRs included; none where some may be missing.
    pub fn service_ranges(&self) -> Vec<IpNet> {
        let objects = self.all(Kind::ServiceCIDR);
        let has_first = objects.iter().any(|object| object.name() == "kubernetes");
        let may_be_more = self.kubernetes().minor >= 31 && self.require(Kind::ServiceCIDR).is_err();
        let mut texts: Vec<&str> = Vec::new();
        for object in &objects {
            texts.extend(object.spec().at("cidrs").items().map(Node::text));
        }
        if !has_first {
            if may_be_more {
                return Vec::new();
            }
            let documents = [Kind::ClusterFlags, Kind::ClusterConfiguration].map(|kind| self.all(kind));
            let flags = documents.into_iter().flatten().flat_map(of);
            let mut of_server = flags.filter(|flags| flags.component == Component::ApiServer);
            let range = of_server.find_map(|flags| flags.get(SERVICE_RANGE));
            texts.extend(range.iter().flat_map(|flag| flag.value.split(',')));
        }
        texts.into_iter().filter_map(parse).collect()
    }

    /// Whether the inputs show an API server of 1.16 to 1.20 without the gate of dual stack.
    pub fn api_server_gate_off(&self) -> bool {
        let minor = self.kubernetes().minor;
        let documents = [Kind::ClusterFlags, Kind::ClusterConfiguration].map(|kind| self.all(kind));
        let flags = documents.into_iter().flatten().flat_map(of);
        let mut of_server = flags.filter(|flags| flags.component == Component::ApiServer);
        of_server.next().is_some_and(|flags| !flags.has_dual_stack(minor))
    }
}
