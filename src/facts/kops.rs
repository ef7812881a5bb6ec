//! What kOps makes of a Cluster and its InstanceGroups (kops.md).

pub mod cluster;
pub mod egress;
pub mod image;
pub mod number;
pub mod range;

pub use cluster::{Cluster, Format, Subnet};
