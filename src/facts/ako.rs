//! What AKO makes of its configuration and of the objects it reads (ako.md sections 1, 3 and 4).

pub mod config;
pub mod controllers;
pub mod dependants;
pub mod era;
pub mod exposure;
pub mod family;
pub mod handled;
pub mod l4;
pub mod node;
pub mod pattern;
pub mod pool;
pub mod release;
pub mod vip;
pub mod written;

pub use config::Config;
pub use era::Era;
