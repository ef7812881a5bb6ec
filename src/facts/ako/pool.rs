//! What fills a pool.

use super::config::Config;
use super::era::Era;
use crate::facts::service::ServiceFamilies;
use crate::facts::view::{Unknown, View};
use crate::model::{Families, Object};

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
}

/// Whether AKO fills pools from a Service of this type (ako.md section 4).
pub fn can_fill_pool(service: Object<'_>) -> bool {
    matches!(service.spec().at("type").text(), "" | "ClusterIP" | "NodePort" | "LoadBalancer")
}

impl View<'_> {
    /// What AKO reads to fill pools (ako.md 4.8).
    pub fn pool_source(&self) -> Result<PoolSource, Unknown> {
        if self.config_or("", |config| config.service_type())? == "NodePort" {
            return Ok(PoolSource::Nodes);
        }
        let slices = match self.era() {
            Era::Slices => true,
            Era::OptionalSlices => self.config_or(true, Config::endpoint_slices)?,
            _ => false,
        };
        Ok(if slices { PoolSource::EndpointSlices } else { PoolSource::Endpoints })
    }

    /// The families of a Service that reach its pool: those its source carries and AKO works with.
    pub fn pool_families(&self, service: &ServiceFamilies<'_>) -> Result<Families, Unknown> {
        let effective = self.effective_families()?;
        let offered = self.offered_families(service)?;
        Ok(Families { v4: offered.v4 && effective.v4, v6: offered.v6 && effective.v6 })
    }

    /// The families of a Service that its pool's source carries.
    pub fn offered_families(&self, service: &ServiceFamilies<'_>) -> Result<Families, Unknown> {
        Ok(match self.pool_source()? {
            PoolSource::Endpoints => service.primary().into_iter().collect(),
            PoolSource::EndpointSlices | PoolSource::Nodes => service.set(),
        })
    }
}
