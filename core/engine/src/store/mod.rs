//! Storage: one schema on SQLite and PostgreSQL, readers on their own connections, and one writer.

pub mod conn;
pub(crate) mod copy;
mod database;
mod dialect;
pub(crate) mod dynamic;
mod id;
mod installation;
mod listeners;
pub mod migrate;
mod name;
mod readers;
mod roles;
pub mod schema;
mod scope;
mod session;
pub(crate) mod statement;
mod statistics;
#[cfg(test)]
mod tests;
mod upkeep;
pub mod writer;

pub use conn::Conn;
pub use database::Database;
pub(crate) use dialect::{Location, is_damaged};
pub use id::Id;
pub(crate) use installation::installed;
pub(crate) use listeners::{Listeners, listened_to};
pub use name::Name;
pub use scope::{Across, Scope};
pub use writer::{
    Answer, Answered, BATCH_BOUNDS, Entries, IdempotencyKey, Lane, Message, Notice, Receiver, Tx, WriterCounts,
    WriterOptions,
};
