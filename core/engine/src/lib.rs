//! The engine of Cardea: storage, the one writer, the plugin host, commands, queries, jobs and keys. It depends on
//! the pure rules of `cardea-domain`; nothing here knows HTTP.

pub mod actor;
pub mod archive;
pub mod bootstrap;
pub mod clock;
mod engine;
pub mod error;
pub mod import;
pub mod job;
pub mod lanes;
#[cfg(test)]
mod fixture;
pub mod identity;
pub mod input;
pub mod keys;
pub mod page;
pub mod plugin;
pub mod query;
pub mod program;
pub mod reward;
mod services;
pub mod store;
pub mod verify;
pub mod store_admin;

pub use actor::{Actor, Role};
pub use clock::Clock;
pub use engine::{Engine, EngineOptions};
pub use error::{Error, Result};
pub use input::Written;
pub use page::{Page, PageArgs};
