//! An object as it comes from a watch: only what rules read is kept.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::ApiResource;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error};
use std::borrow::Cow;

use crate::decode::json::NodeSeed;
use crate::model::{Builder, Document, Node, Shape};

/// An object of any kind, decoded straight into a document; `WHOLE` with its managed fields, which are most of it.
#[derive(Clone, Debug)]
pub struct Watched<const WHOLE: bool> {
    meta: ObjectMeta,
    /// The object.
    pub document: Document,
}

impl<'de, const WHOLE: bool> Deserialize<'de> for Watched<WHOLE> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut builder = if WHOLE { Builder::whole() } else { Builder::default() };
        NodeSeed { builder: &mut builder, depth: 0 }.deserialize(deserializer)?;
        let document = builder.finish();
        let root = Node::root(&document);
        if root.shape() != Some(Shape::Map) {
            return Err(D::Error::custom("an object is no map"));
        }
        let metadata = root.at("metadata");
        let text = |key: &str| metadata.at(key).as_str().map(str::to_owned);
        let meta = ObjectMeta {
            name: text("name"),
            namespace: text("namespace"),
            resource_version: text("resourceVersion"),
            ..ObjectMeta::default()
        };
        Ok(Self { meta, document })
    }
}

impl<const WHOLE: bool> kube::Resource for Watched<WHOLE> {
    type DynamicType = ApiResource;
    type Scope = kube::core::DynamicResourceScope;

    fn kind(resource: &ApiResource) -> Cow<'_, str> {
        resource.kind.as_str().into()
    }

    fn group(resource: &ApiResource) -> Cow<'_, str> {
        resource.group.as_str().into()
    }

    fn version(resource: &ApiResource) -> Cow<'_, str> {
        resource.version.as_str().into()
    }

    fn api_version(resource: &ApiResource) -> Cow<'_, str> {
        resource.api_version.as_str().into()
    }

    fn plural(resource: &ApiResource) -> Cow<'_, str> {
        resource.plural.as_str().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.meta
    }
}
