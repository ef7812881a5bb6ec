//! What documents say of the cluster that they build.

use super::family::IpFamily;
use super::object::ObjectRef;

/// A statement of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<T> {
    /// What it says.
    pub value: T,
    /// The document.
    pub by: ObjectRef,
}

/// What the documents among the inputs say of the cluster: component flags and kubeadm documents, AKS Engine models,
/// kOps Clusters. A cluster that runs has none of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Documented {
    /// The families of its Pods' ranges, in order.
    pub pods: Option<Said<Vec<IpFamily>>>,
    /// The families of its Services' ranges, the primary one first.
    pub services: Option<Said<Vec<IpFamily>>>,
    /// The names its network plug-in goes by, in lower case.
    pub cnis: Option<Said<Vec<String>>>,
}
