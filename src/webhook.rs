//! The admission webhook: HTTPS in, the engine's verdict out.

pub mod authority;
pub mod ca_bundle;
pub mod certificate;
pub mod clients;
pub mod conditions;
pub mod handler;
mod mounted;
mod pace;
pub mod policy;
pub mod probe;
pub mod room;
pub mod router;
pub mod secret;
pub mod server;
pub mod tls;
pub mod trust;
