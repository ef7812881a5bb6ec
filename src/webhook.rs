//! The admission webhook: HTTPS in, the engine's verdict out.

pub mod ca_bundle;
pub mod certificate;
pub mod conditions;
pub mod handler;
pub mod router;
pub mod server;
