//! One connection type for both databases, and the macro that stamps a query onto both.

use super::dialect::{self, Location};
use crate::error::Result;
use diesel::connection::SimpleConnection;
use diesel::{PgConnection, SqliteConnection};
use std::path::Path;

/// A connection to either database. Only [`each!`], this file, `dialect.rs`, `migrate.rs` and
/// `statistics.rs` look inside.
pub enum Conn {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Runs one diesel body on whichever database a [`Conn`] is: `each!(conn, c => table.load::<Row>(c)?)`.
/// The body is compiled once per backend, so all of diesel works, upserts and batch inserts included.
#[macro_export]
macro_rules! each {
    ($conn:expr, $c:ident => $body:expr) => {
        match $conn {
            $crate::store::Conn::Sqlite($c) => $body,
            $crate::store::Conn::Postgres($c) => $body,
        }
    };
}

impl Conn {
    /// Opens a database without the lock and the migrations of [`super::Database::open`]. On PostgreSQL it sees no
    /// chain's rows until it is told to.
    ///
    /// # Errors
    /// An unknown scheme, a database that can't be opened.
    pub fn open(url: &str, data_dir: &Path) -> Result<Self> {
        Location::parse(url, data_dir)?.connect()
    }

    /// Lets it see and write every chain's rows, if it is the tables' owner's: for what maintains the database.
    ///
    /// # Errors
    /// The database fails.
    pub fn see_all_chains(&mut self) -> Result<()> {
        dialect::see_all_chains(self)
    }

    /// Runs statements without parameters.
    pub fn batch(&mut self, sql: &str) -> Result<()> {
        each!(self, c => c.batch_execute(sql))?;
        Ok(())
    }
}
