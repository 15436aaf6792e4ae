//! The one session of a server that may write on PostgreSQL, told from other servers by a lock that lives and dies
//! with it: a server that has lost its lock has lost its writer's connection too, so it can't commit any more.

use super::Conn;
use super::dialect::Location;
use crate::each;
use crate::error::{Error, Result};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use std::time::Duration;
use uuid::Uuid;

/// "cardea" in bytes.
const LOCK: i64 = 109_270_250_153_313;
/// The writer finds everything by key. Its statements are planned once per session, perhaps while a table is next to
/// empty and reading all of it is cheapest; that plan would stay while the table grows.
const BY_KEY: &str = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off";
/// How long a reconnecting writer waits for the server to notice that its earlier session has ended.
const PATIENCE: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

pub(super) struct WriterSession {
    /// Under which the server shows this writer's sessions and no others.
    name: String,
}

#[derive(QueryableByName)]
struct Yes {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

impl WriterSession {
    pub fn new() -> Self {
        Self {
            name: format!("cardea writer {}", Uuid::now_v7()),
        }
    }

    /// Opens a session and takes the lock, from an earlier session of this writer if need be: after a network's failure
    /// the server may not know yet that it has ended.
    ///
    /// # Errors
    /// A database that can't be reached, or that another server uses.
    pub fn open(&self, location: &Location) -> Result<Conn> {
        let mut conn = location.connect()?;
        let named = diesel::sql_query("SELECT set_config('application_name', $1, false) IS NOT NULL AS yes");
        each!(&mut conn, c => named.bind::<Text, _>(&self.name).load::<Yes>(c)?);
        conn.batch(BY_KEY)?;
        let end = diesel::sql_query(
            "SELECT pg_terminate_backend(pid) AS yes FROM pg_stat_activity WHERE application_name = $1 \
             AND datname = current_database() AND pid <> pg_backend_pid()",
        );
        let ended: Vec<Yes> = each!(&mut conn, c => end.bind::<Text, _>(&self.name).load(c)?);
        let tries = if ended.is_empty() { 1 } else { PATIENCE };
        for _ in 0..tries {
            let lock = diesel::sql_query("SELECT pg_try_advisory_lock($1) AS yes").bind::<BigInt, _>(LOCK);
            let locked: Yes = each!(&mut conn, c => lock.get_result(c)?);
            if locked.yes {
                // A batch carries commands of several chains; each statement names its own.
                conn.see_all_chains()?;
                return Ok(conn);
            }
            std::thread::sleep(PAUSE);
        }
        Err(Error::internal("another server uses this database"))
    }
}
