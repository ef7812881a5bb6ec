//! The environment: what was stated, else what the objects say, else a default (design 4).

use super::ako::config::Config;
use super::ako::era::Era;
use super::ako::release::{is_ako, running_release};
use super::cluster::documented::Documents;
use super::cluster::known;
use crate::model::{Answer, Kind, Object, Platform, Profile, Release, Snapshot, Source, Stated};

/// The release assumed when AKO is in play and nothing tells which: the newest the founding documents describe,
/// so that what they forbid is refused until somebody says which newer AKO runs.
pub const DEFAULT_AKO: Release = Release::new(1, 11, 5);

/// The release of Kubernetes assumed when nothing tells which: the newest described (design 4).
pub const NEWEST_KUBERNETES: Release = Release { major: 1, minor: 36, patch: None };
/// The last release of AKS Engine, which has ended.
pub const LAST_AKS_ENGINE: Release = Release::new(0, 79, 0);
/// The release of kOps assumed when nothing tells which.
pub const NEWEST_KOPS: Release = Release { major: 1, minor: 36, patch: None };

/// AKO's namespace unless something says otherwise.
pub const DEFAULT_NAMESPACE: &str = "avi-system";

/// Resolves the environment for judging `subject`, which stands for the stored object of its identity.
pub fn resolve(stated: &Stated, snapshot: &Snapshot, subject: Option<Object<'_>>) -> Profile {
    let stateful_set = subject.filter(|subject| is_ako(*subject)).or_else(|| first_ako(snapshot));
    let running = stateful_set.and_then(running_release);
    let namespace = stated.ako_namespace.clone().unwrap_or_else(|| match stateful_set {
        Some(set) => Answer::new(set.namespace().to_owned(), Source::Objects),
        None => Answer::new(DEFAULT_NAMESPACE.to_owned(), Source::Default),
    });
    let from_objects = running.clone().map(|(value, text)| Answer { value, text, from: Source::Objects });
    let ako = stated.ako.clone().or(from_objects);
    let ako = ako.unwrap_or_else(|| Answer::new(DEFAULT_AKO, Source::Default));
    let running_ako = running
        .map(|(release, _)| release)
        .filter(|running| !stated.pin && Era::of(*running) != Era::of(ako.value));
    let other_product = stated.kubernetes.is_some() || stated.aks_engine.is_some() || stated.kops.is_some();
    // a cluster that a cluster builder describes has the load balancers of its cloud
    let is_built = || [Kind::ApiModel, Kind::Cluster].into_iter().any(|kind| snapshot.count(kind) > 0);
    let nothing_said = !snapshot.from_cluster && !other_product && !is_built();
    let has_config = || {
        subject.is_some_and(|subject| Config::of(subject, &namespace.value).is_some())
            || snapshot.all(Kind::ConfigMap).any(|map| Config::of(map, &namespace.value).is_some())
            || snapshot.all(Kind::AKOConfig).next().is_some()
            || snapshot.all(Kind::HelmValues).next().is_some()
    };
    let aks_engine = stated.aks_engine.clone();
    let aks_engine = aks_engine.unwrap_or_else(|| Answer::new(LAST_AKS_ENGINE, Source::Default));
    let documents = Documents::of(snapshot, &aks_engine);
    let documented = documents.cluster();
    let kubernetes = stated.kubernetes.clone().or_else(|| documents.kubernetes());
    let kubernetes = kubernetes.or_else(|| known::server_release(snapshot));
    let families = stated.cluster_families.clone();
    Profile {
        ako_in_play: stated.ako.is_some() || stateful_set.is_some() || nothing_said || has_config(),
        ako,
        cloud: stated.cloud.clone(),
        platform: stated.platform.clone().unwrap_or_else(|| platform(snapshot, subject)),
        ako_namespace: namespace,
        cluster_families: families.or_else(|| known::families(snapshot, &documented)),
        kubernetes: kubernetes.unwrap_or_else(|| Answer::new(NEWEST_KUBERNETES, Source::Default)),
        aks_engine,
        documented,
        kops: stated.kops.clone().unwrap_or_else(|| Answer::new(NEWEST_KOPS, Source::Default)),
        vpc_ipv6_cidr: stated.vpc_ipv6_cidr.clone(),
        transport_zone: stated.transport_zone.clone(),
        api_server_family: known::api_server_family(snapshot),
        running_ako,
    }
}

fn first_ako(snapshot: &Snapshot) -> Option<Object<'_>> {
    let sets = snapshot.all(Kind::StatefulSet).filter(|set| is_ako(*set));
    sets.min_by(|a, b| (a.namespace(), a.name()).cmp(&(b.namespace(), b.name())))
}

/// AKO takes a cluster for `OpenShift` when it can list Routes; files show it by holding one.
fn platform(snapshot: &Snapshot, subject: Option<Object<'_>>) -> Answer<Platform> {
    let routes = snapshot.serves_routes.unwrap_or_else(|| {
        snapshot.count(Kind::Route) > 0 || subject.is_some_and(|s| s.kind() == Some(Kind::Route))
    });
    if routes {
        Answer::new(Platform::OpenShift, Source::Objects)
    } else {
        let from = if snapshot.serves_routes.is_some() { Source::Objects } else { Source::Default };
        Answer::new(Platform::Kubernetes, from)
    }
}
