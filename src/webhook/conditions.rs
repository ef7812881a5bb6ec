//! The webhook configuration's `matchConditions`, repeated: a server that drops them sends more than was asked.

use super::probe;
use crate::facts::ako::config::Config;
use crate::facts::ako::controllers::is_cluster_controller;
use crate::facts::ako::release::is_ako;
use crate::model::{Kind, Operation, Request};

/// Whether the request is one the configuration would have sent.
pub fn is_asked_for(request: &Request<'_>) -> bool {
    match request.subject.kind() {
        Some(Kind::ConfigMap) => request.subject.name() == Config::CONFIG_MAP || is_probe(request),
        Some(Kind::StatefulSet) => is_ako(request.subject),
        Some(Kind::Endpoints) => !request.requester.is_some_and(is_cluster_controller),
        _ => true,
    }
}

/// Whether this may be the gate's own probe, in whatever namespace.
pub fn is_probe(request: &Request<'_>) -> bool {
    request.subject.kind() == Some(Kind::ConfigMap)
        && request.subject.name() == probe::NAME
        && request.operation == Operation::Create
}
