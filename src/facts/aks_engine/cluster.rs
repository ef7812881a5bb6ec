//! The AKS Engine cluster that Services are for.

use super::model::{Model, Stack};
use super::version::Version;
use crate::facts::service::ServiceFamilies;
use crate::facts::{Unknown, View};
use crate::model::{IpFamily, Kind, Node, Object, Source};

/// The annotation that asks for a load balancer inside the virtual network.
pub const INTERNAL: &str = "service.beta.kubernetes.io/azure-load-balancer-internal";

/// A cluster with IPv6 that AKS Engine built or would build.
#[derive(Clone, Debug)]
pub struct Cluster<'a> {
    /// Its version of Kubernetes.
    pub kubernetes: Version,
    /// The model among the inputs; `None` when only the profile speaks of AKS Engine.
    pub model: Option<Model<'a>>,
}

impl<'a> Cluster<'a> {
    /// The cluster that a Service is for: that of the one model among the inputs, else what the profile
    /// states. Nothing where neither speaks of AKS Engine, or the cluster has a single family, IPv4.
    pub fn of(view: &View<'a>) -> Result<Option<Self>, Unknown> {
        let models = view.all(Kind::ApiModel);
        let profile = view.profile;
        let stated = Some(&profile.kubernetes).filter(|answer| answer.from != Source::Default);
        let stated = stated.and_then(|answer| Version::parse(&answer.text));
        let Some(object) = models.first() else {
            let is_stated = profile.aks_engine.from != Source::Default;
            let is_ipv4 = profile.cluster_families.as_ref().is_some_and(|families| families.value == "IPv4");
            let kubernetes = stated.filter(|_| is_stated && !is_ipv4);
            return Ok(kubernetes.map(|kubernetes| Self { kubernetes, model: None }));
        };
        if models.len() > 1 {
            return Err(Unknown("needs one AKS Engine model among the inputs, not several".to_owned()));
        }
        let model = Model::of(*object, profile);
        if model.stack == Stack::Single {
            return Ok(None);
        }
        let kubernetes = stated.map_or_else(|| model.kubernetes(), Ok)?;
        Ok(Some(Self { kubernetes, model: Some(model) }))
    }

    /// The families a Service asks for, the first one first, in the words of any version.
    pub fn families(&self, view: &View<'a>, service: Object<'a>) -> Vec<IpFamily> {
        let lists_any = service.spec().at("ipFamilies").items().next().is_some();
        let old = IpFamily::parse(service.spec().at("ipFamily").text()).filter(|_| !lists_any);
        if let Some(family) = old {
            return vec![family];
        }
        let families = ServiceFamilies::of(service, view.profile);
        if !families.known && self.model.is_some_and(|model| model.stack == Stack::Ipv6Only) {
            return vec![IpFamily::V6];
        }
        let first = families.primary();
        let both = [IpFamily::V4, IpFamily::V6].into_iter().filter(|family| families.set().contains(*family));
        let second = both.filter(|family| Some(*family) != first);
        first.into_iter().chain(second).collect()
    }
}

/// The annotation of an internal load balancer, where the Service has it.
pub fn internal_annotation(service: Object<'_>) -> Option<Node<'_>> {
    Some(service.annotation(INTERNAL)).filter(|annotation| annotation.text() == "true")
}
