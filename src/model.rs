//! The words of the domain: documents, objects, families, releases, profiles, findings.
//!
//! Responsible for values that can be compared, printed and looked at. Not for where they come from (`decode`,
//! the doors), nor for what they mean to a product (`facts`, `matrix`, `rules`).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod address;
pub mod document;
pub mod documented;
pub mod family;
pub mod finding;
pub mod kind;
pub mod lines;
pub mod node;
pub mod object;
pub mod path;
pub mod profile;
pub mod release;
pub mod request;
pub mod snapshot;
pub mod verdict;

pub use document::{Builder, Document, Shape, Span};
pub use documented::Documented;
pub use family::{Families, IpFamily};
pub use finding::{CauseKind, Edit, Finding, Fix};
pub use kind::Kind;
pub use lines::Lines;
pub use node::Node;
pub use object::{Object, ObjectRef};
pub use path::FieldPath;
pub use profile::{Answer, Cloud, Platform, Profile, Source, Stated};
pub use release::{Product, Release, ReleaseRange};
pub use request::{Operation, Request};
pub use snapshot::{Lookup, Seen, Snapshot, Stored};
pub use verdict::{Action, Judged, Skipped, Verdict};
