//! What the inputs say about a cluster as a whole: its Service ranges and the families they give it.

use ipnet::IpNet;

use super::component::{Component, SERVICE_RANGE, of};
use super::range::{Ranges, parse};
use crate::facts::service::resolution::family_of;
use crate::facts::view::View;
use crate::model::{Answer, Documented, IpFamily, Kind, Lookup, Node, Release, Snapshot, Source};

/// The family of the Service by which Pods reach the API server. It is of one family, that of the first Service range
/// (k8s.io/kubernetes@v1.36.3:pkg/controlplane/controller/kubernetesservice/controller.go,
/// `CreateOrUpdateMasterServiceIfNeeded`).
pub fn api_server_family(snapshot: &Snapshot) -> Option<IpFamily> {
    let Lookup::Found(service) = snapshot.get(Kind::Service, "default", "kubernetes") else { return None };
    let spec = service.spec();
    let named = spec.at("ipFamilies").items().next().and_then(|family| IpFamily::parse(family.text()));
    named.or_else(|| family_of(spec.at("clusterIP").text()))
}

/// The release of the API server that was asked.
pub fn server_release(snapshot: &Snapshot) -> Option<Answer<Release>> {
    let text = snapshot.server_version.as_deref()?;
    Some(Answer { value: text.parse().ok()?, text: text.to_owned(), from: Source::Objects })
}

/// The cluster's families, primary first, as the profile writes them: those of the ranges that the API server starts
/// with (kubernetes.md 2.2). Ranges of further ServiceCIDRs do not count: they add addresses, not families.
pub fn families(snapshot: &Snapshot, documented: &Documented) -> Option<Answer<String>> {
    let families = if let Lookup::Found(first) = snapshot.get(Kind::ServiceCIDR, "", "kubernetes") {
        let cidrs: Vec<&str> = first.spec().at("cidrs").items().map(Node::text).collect();
        let list = cidrs.join(",");
        let ranges = Ranges::read(&list);
        ranges.fault().is_none().then(|| ranges.families())
    } else {
        documented.services.as_ref().map(|said| said.value.clone())
    };
    let names: Vec<String> = families?.iter().map(ToString::to_string).collect();
    Some(Answer::new(names.join(","), Source::Objects))
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
