//! The engine of Cardea: storage, the one writer, commands, queries, jobs and keys. It depends on the pure rules
//! of `cardea-domain` and on the plugin host `cardea-host`; nothing here knows HTTP.

pub mod actor;
pub mod approval;
pub mod archive;
pub mod assessment;
pub mod audit;
pub mod backup;
mod blobs;
pub mod bootstrap;
mod business;
pub mod clock;
pub mod command;
pub mod confidential;
pub mod contract;
mod decision;
pub mod demo;
mod engine;
pub mod error;
pub mod export;
pub mod fields;
pub mod files;
pub mod find;
pub mod form;
pub mod identity;
pub mod import;
pub mod input;
pub mod intake;
pub mod job;
pub mod journal;
pub mod keys;
pub mod lanes;
pub mod lending;
mod look;
pub mod merge;
pub mod message;
pub mod page;
pub mod prepaid;
pub mod printing;
pub mod program;
pub mod query;
pub mod record;
pub mod reporting;
pub mod resource;
pub mod reward;
pub mod satisfaction;
mod services;
pub mod settings;
mod sheet;
#[cfg(test)]
mod shop;
pub mod stock_take;
pub mod store;
pub mod store_admin;
pub mod task;
pub mod terms;
pub mod timeline;
pub mod verify;
pub mod warning;
pub mod webhook;
mod words;

#[cfg(test)]
mod fixture;

pub use actor::{Actor, Role};
pub use cardea_host as plugin;
pub use clock::Clock;
pub use command::Command;
pub use engine::{Engine, EngineOptions};
pub use error::{Error, Result};
pub use input::Written;
pub use message::{NetworkOptions, check_networks};
pub use page::{Page, PageArgs};
