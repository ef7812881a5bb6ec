//! What AKS Engine makes of its cluster definition, the "apimodel" (aks-engine.md sections 1 and 2).
//!
//! The tool validates first and fills in its defaults afterwards, which leaves holes; here the defaults are
//! filled in first, so that rules and plans see the cluster that would be built.

pub mod cluster;
pub mod field;
pub mod model;
pub mod ranges;
pub mod version;
pub mod windows;

pub use cluster::Cluster;
pub use field::Field;
pub use model::{Model, Stack};
pub use ranges::{Range, Ranges};
pub use version::Version;
