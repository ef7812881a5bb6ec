//! The facts, each on its own: the effective values of ako.md section 4, and the environment they depend on.

#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod facts {
    pub(crate) mod world;

    mod families;
    mod handled;
    mod profile;
    mod service;
    mod vip;
}
