//! What the layers build together.

use std::collections::{BTreeMap, BTreeSet};

use super::{LeftOut, Pool, VirtualService};
use crate::model::Object;

/// Virtual services and pools by name: AKO makes one of all that give the same name.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) virtual_services: BTreeMap<String, VirtualService>,
    pub(super) pools: BTreeMap<String, Pool>,
    pub(super) left_out: Vec<LeftOut>,
    /// The hosts of each virtual service, for looking them up.
    pub(super) hosts: BTreeSet<(String, String)>,
}

impl Graph {
    pub(super) fn leave_out(&mut self, object: Object<'_>, part: impl Into<String>, why: impl Into<String>) {
        self.left_out.push(LeftOut { object: object.reference(), part: part.into(), why: why.into() });
    }
}
