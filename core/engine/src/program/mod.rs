//! Programs: a chain's loyalty schemes, each pinned to one build of a plugin and to a timeline of configurations.

mod component;
mod configuration;
mod effective;
mod manage;
mod suspended;
#[cfg(test)]
mod tests;

pub(crate) use component::{Components, Loaded, Wait};
pub use configuration::{ConfigurationView, NewConfiguration};
pub use effective::Configuration;
pub(crate) use effective::Configurations;
pub use manage::{EffectiveView, NewProgram, PluginView, ProgramView};
pub(crate) use suspended::teller;

/// SHA-256 of a component: what a program pins and an entry names.
pub type ComponentDigest = [u8; 32];
