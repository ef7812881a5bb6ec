//! What fills a pool.

use super::config::Config;
use super::era::Era;
use crate::facts::service::ServiceFamilies;
use crate::facts::service::resolution::is_external_name;
use crate::facts::view::{Unknown, View};
use crate::model::{Families, Object, Release};

/// The objects AKO takes a pool's servers from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolSource {
    /// Endpoints: the Service's first family only.
    Endpoints,
    /// `EndpointSlice`s: every family of the Service.
    EndpointSlices,
    /// The nodes, in `NodePort` mode: every family of the Service, whichever comes first (observed on 1.9.3 and
    /// 1.12.1).
    Nodes,
    /// What Antrea annotates Pods with, in `NodePortLocal` mode. Up to 1.13.1 a Pod's last address stands in for all of
    /// them (observed), so that the Service's first family alone is sure.
    PodAnnotations,
}

/// Before this release every server of a Pod has the address of the Pod's last node port: a loop variable shared by all
/// turns of the loop (go.mod asks for a newer language from here on).
pub const OWN_LOOP_VARIABLE: Release = Release::new(1, 13, 2);

/// Whether a Service has no `ipFamilies`, and no API server will give it any: it is of type `ExternalName`, or stored
/// with its cluster IPs all the same. A server that fills in `clusterIPs` fills in `ipFamilies` too, or is too old to
/// know them.
pub fn lacks_families_for_good(service: Object<'_>) -> bool {
    let spec = service.spec();
    let has = |key: &str| spec.at(key).items().next().is_some();
    !has("ipFamilies") && (has("clusterIPs") || is_external_name(service))
}

/// Whether AKO fills pools from a Service of this type (ako.md section 4).
pub fn can_fill_pool(service: Object<'_>) -> bool {
    matches!(service.spec().at("type").text(), "" | "ClusterIP" | "NodePort" | "LoadBalancer")
}

impl View<'_> {
    /// What AKO reads to fill pools (ako.md 4.8).
    pub fn pool_source(&self) -> Result<PoolSource, Unknown> {
        self.pool_source.get_or_init(|| self.decide_pool_source()).clone()
    }

    fn decide_pool_source(&self) -> Result<PoolSource, Unknown> {
        match self.config_or("", |config| config.service_type())? {
            "NodePort" => return Ok(PoolSource::Nodes),
            "NodePortLocal" => return Ok(PoolSource::PodAnnotations),
            _ => {}
        }
        Ok(if self.reads_slices()? { PoolSource::EndpointSlices } else { PoolSource::Endpoints })
    }

    /// Whether AKO reads EndpointSlices rather than Endpoints, where it reads either.
    pub fn reads_slices(&self) -> Result<bool, Unknown> {
        match self.era() {
            Era::Slices => Ok(true),
            Era::OptionalSlices => self.config_or(true, Config::endpoint_slices),
            _ => Ok(false),
        }
    }

    /// The families of a Service that reach its pool: those its source carries and AKO works with.
    pub fn pool_families(&self, service: &ServiceFamilies<'_>) -> Result<Families, Unknown> {
        let effective = self.effective_families()?;
        let offered = self.offered_families(service)?;
        Ok(Families { v4: offered.v4 && effective.v4, v6: offered.v6 && effective.v6 })
    }

    /// The families of a Service that its pool's source carries.
    pub fn offered_families(&self, service: &ServiceFamilies<'_>) -> Result<Families, Unknown> {
        let first = service.primary().into_iter().collect();
        Ok(match self.pool_source()? {
            PoolSource::PodAnnotations if self.profile.ako.value < OWN_LOOP_VARIABLE => first,
            PoolSource::Endpoints => first,
            PoolSource::EndpointSlices | PoolSource::Nodes | PoolSource::PodAnnotations => service.set(),
        })
    }

    /// Whether AKO dies where it fills a pool from a Service without `ipFamilies`: from 1.12.1 on it reads the first of
    /// them without asking whether there is one, from 1.13.1 on not where it reads Endpoints or slices (observed on
    /// 1.12.1 and 2.1.1; R@2.1.1:internal/nodes/avi_model_l4_translator.go `PopulateServersForNodePort`,
    /// `PopulateServersForNPL`, `PopulateServers`).
    pub fn takes_families_for_granted(&self) -> Result<bool, Unknown> {
        let era = self.era();
        Ok(era.has_dual_stack()
            && match self.pool_source()? {
                PoolSource::Nodes | PoolSource::PodAnnotations => true,
                PoolSource::Endpoints | PoolSource::EndpointSlices => era == Era::DualStack,
            })
    }
}
