//! Storage: one schema on SQLite and PostgreSQL, readers on their own connections, and one writer.

pub mod conn;
mod database;
mod dialect;
mod id;
pub mod migrate;
mod readers;
pub mod schema;
mod session;
pub(crate) mod statement;
mod statistics;
pub mod writer;

pub use conn::Conn;
pub use database::Database;
pub use id::Id;
pub use writer::{Answer, Answered, BATCH_BOUNDS, IdempotencyKey, Lane, Message, Tx, WriterCounts, WriterOptions};
