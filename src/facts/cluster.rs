//! How a cluster is set up: the flags and configuration files of its components (kubernetes.md section 1).
//!
//! Responsible for reading every form of input alike, with the field to blame. Not for judging what it reads.

pub mod component;
pub mod documented;
pub mod egress;
pub mod known;
pub mod mask;
pub mod node_ip;
pub mod range;
pub mod release;
