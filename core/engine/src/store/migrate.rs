//! The embedded migrations: the same names on both sides.

use super::Conn;
use crate::error::{Error, Result};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Applies what is missing; nothing if up to date. A step that changes rows changes every chain's.
pub fn up(conn: &mut Conn) -> Result<()> {
    conn.see_all_chains()?;
    let done = match conn {
        Conn::Sqlite(c) => c.run_pending_migrations(SQLITE).map(|v| v.len()),
        Conn::Postgres(c) => c.run_pending_migrations(POSTGRES).map(|v| v.len()),
    };
    let count = done.map_err(|e| Error::internal(format!("migrating the database: {e}")))?;
    if count > 0 {
        tracing::info!(count, "migrated the database");
    }
    Ok(())
}

/// Takes every migration back, the data with it.
pub fn down(conn: &mut Conn) -> Result<()> {
    let done = match conn {
        Conn::Sqlite(c) => c.revert_all_migrations(SQLITE).map(|v| v.len()),
        Conn::Postgres(c) => c.revert_all_migrations(POSTGRES).map(|v| v.len()),
    };
    done.map_err(|e| Error::internal(format!("reverting the migrations: {e}")))?;
    Ok(())
}
