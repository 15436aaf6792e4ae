//! What a database wants done beside the writer, so that no command waits for it.
//!
//! **SQLite**: the write-ahead log is moved into the database little by little. Left to itself SQLite does that in the
//! commit that fills the log, some ten thousand pages at once. While nobody is at a till that is the cheaper way. A log
//! that holds what was deleted is emptied as soon as nobody reads from it.
//!
//! **PostgreSQL**: statistics are gathered while a young database grows. Its own service comes by once a minute; until
//! then the planner takes every table to be next to empty, and reads a whole chain where an index finds the row.

use super::{Conn, Database};
use crate::error::{Error, Result};
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Between two looks at what was written.
const PAUSE: Duration = Duration::from_millis(50);
/// Commands after which statistics are gathered first; then each time there are four times as many.
const FIRST: u64 = 250;
const TIMES: u64 = 4;
/// With a million entries a database is no longer young: its own service keeps up.
const GATHER: &str = "SET statement_timeout = '20s'; SET lock_timeout = '2s'; \
    DO $$ BEGIN IF (SELECT reltuples FROM pg_class WHERE oid = 'entries'::regclass) < 1000000 THEN ANALYZE; END IF; END $$";

#[derive(Default)]
struct Shared {
    /// Commands committed since the start.
    written: AtomicU64,
    /// Some of the last ones were people's.
    for_people: AtomicBool,
    ended: Mutex<bool>,
    wake: Condvar,
}

/// The thread; it ends with its owner.
pub(super) struct Upkeep {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Upkeep {
    /// # Errors
    /// The system has no room for a thread.
    pub fn start(database: Arc<Database>) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let thread = std::thread::Builder::new().name("upkeep".into());
        let own = shared.clone();
        let thread = thread
            .spawn(move || run(&database, &own))
            .map_err(|e| Error::internal(format!("starting the database's upkeep: {e}")))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Says that so many commands were committed, and whether people wait for the next ones.
    pub fn written(&self, commands: usize, for_people: bool) {
        self.shared.for_people.fetch_or(for_people, Ordering::Relaxed);
        self.shared.written.fetch_add(commands as u64, Ordering::Relaxed);
    }
}

fn run(database: &Database, shared: &Shared) {
    let (mut conn, mut seen, mut next) = (None, 0, FIRST);
    let mut ended = shared.ended.lock();
    while !*ended {
        shared.wake.wait_for(&mut ended, PAUSE);
        if database.log_is_to_go()
            && let Err(error) = database
                .connect()
                .and_then(|mut conn| database.try_to_empty_log(&mut conn))
        {
            tracing::debug!(%error, "what was deleted still lies in the database's log");
        }
        let written = shared.written.load(Ordering::Relaxed);
        if written == seen || *ended {
            continue;
        }
        seen = written;
        let grown = written >= next;
        let for_people = shared.for_people.swap(false, Ordering::Relaxed);
        if let Err(e) = keep(database, &mut conn, grown, for_people) {
            // For want of a connection or of room; there will be another time.
            tracing::debug!(error = %e, "the database's upkeep failed");
            conn = None;
        }
        if grown {
            next = written.saturating_mul(TIMES);
        }
    }
}

fn keep(database: &Database, conn: &mut Option<Conn>, grown: bool, for_people: bool) -> Result<()> {
    if database.is_a_server() {
        return if grown {
            database.connect()?.batch(GATHER)
        } else {
            Ok(())
        };
    }
    if !for_people {
        return Ok(());
    }
    let conn = match conn {
        Some(conn) => conn,
        None => conn.insert(database.connect()?),
    };
    // Passive: waits for nobody and keeps nobody waiting. What it can't do now, the next one does, or the writer.
    conn.batch("PRAGMA wal_checkpoint(PASSIVE)")
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        *self.shared.ended.lock() = true;
        self.shared.wake.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the database's upkeep panicked");
        }
    }
}
