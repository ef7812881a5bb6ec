//! What the products make of documents: the values that `plan` prints, by the names it prints them under.
//!
//! Responsible for putting together what the facts derive. Not for judging it, and not for its form.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod ako;
pub mod aks_engine;
pub mod kops;
pub mod value;

pub use value::Value;

use crate::facts::aks_engine::model::Model;
use crate::facts::kops::Cluster;
use crate::model::{Kind, Object, Product, Profile};

/// What one product makes of one document.
#[derive(Clone, Debug)]
pub enum Plan<'a> {
    /// kOps, of a Cluster.
    Kops(kops::Plan<'a>),
    /// AKS Engine, of a cluster definition.
    AksEngine(aks_engine::Plan),
}

impl<'a> Plan<'a> {
    /// The plan of `object`; nothing for what nothing is derived from.
    pub fn of(object: Object<'a>, profile: &'a Profile) -> Option<Self> {
        if let Some(cluster) = Cluster::of(object) {
            return Some(Self::Kops(kops::Plan::of(cluster, profile)));
        }
        let is_model = object.kind() == Some(Kind::ApiModel);
        is_model.then(|| Self::AksEngine(aks_engine::Plan::of(&Model::of(object, profile))))
    }

    /// The product.
    pub fn product(&self) -> Product {
        match self {
            Self::Kops(_) => Product::Kops,
            Self::AksEngine(_) => Product::AksEngine,
        }
    }

    /// The values by name, as programs read them.
    pub fn derived(&self) -> Value {
        match self {
            Self::Kops(plan) => plan.derived(),
            Self::AksEngine(plan) => plan.derived(),
        }
    }
}
