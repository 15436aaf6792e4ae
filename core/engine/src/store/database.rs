//! An open database: the lock against a second server, and a pool of readers.

use super::dialect::{self, Location};
use super::{Conn, migrate, statistics};
use crate::error::{Error, Result};
use fs4::fs_std::FileExt;
use parking_lot::Mutex;
use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::path::Path;

/// Idle readers kept open; more are opened under load and closed again.
const IDLE_READERS: usize = 16;

/// Held as long as the server lives: the writer decides on what it alone changes.
enum Lock {
    File(#[expect(dead_code, reason = "held, not read")] File),
    Session(#[expect(dead_code, reason = "held, not read")] Mutex<Conn>),
}

pub struct Database {
    location: Location,
    idle: Mutex<Vec<Conn>>,
    _lock: Lock,
}

impl Database {
    /// Opens, locks and migrates. `url`: empty for `cardea.sqlite` in `data_dir`, a path, `sqlite:PATH`, or
    /// `postgres://…`.
    ///
    /// # Errors
    /// An unknown scheme, a database in use by another server, one that can't be opened or migrated.
    pub fn open(url: &str, data_dir: &Path) -> Result<Self> {
        let location = Location::parse(url, data_dir)?;
        let lock = match &location {
            Location::Sqlite(path) => Lock::File(lock(path)?),
            Location::Postgres(_) => {
                let mut session = location.connect()?;
                if !dialect::lock_session(&mut session)? {
                    return Err(Error::internal("another server uses this database"));
                }
                Lock::Session(Mutex::new(session))
            }
        };
        let database = Self {
            location,
            idle: Mutex::default(),
            _lock: lock,
        };
        let mut conn = database.connect()?;
        migrate::up(&mut conn)?;
        statistics::fix(&mut conn)?;
        database.idle.lock().push(conn);
        Ok(database)
    }

    /// A connection of its own, for the writer and for long reads.
    pub fn connect(&self) -> Result<Conn> {
        self.location.connect()
    }

    /// Reads one state of the database, on a connection of its own: for reads that take long. The body must not write.
    pub fn snapshot<T>(&self, body: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        let mut conn = self.connect()?;
        dialect::begin_read(&mut conn)?;
        let answer = body(&mut conn);
        dialect::rollback(&mut conn);
        answer
    }

    /// Runs a body whose reads, as far as they happen on this thread, see one state of the database: consistent, and one
    /// look at what the writer has changed instead of one per read.
    pub fn one_state<T>(&self, body: impl FnOnce() -> Result<T>) -> Result<T> {
        let mut conn = self.pooled()?;
        dialect::begin_read(&mut conn)?;
        let around = PINNED.replace(Some(Pinned {
            database: self.identity(),
            conn,
        }));
        let _reset = Reset { database: self, around };
        body()
    }

    /// Reads with a pooled connection, or with the one of [`Database::one_state`]: `db.read(|conn| …)`. The body must
    /// not write.
    pub fn read<T>(&self, body: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        if let Some(mut pinned) = self.pinned() {
            let answer = body(&mut pinned.conn);
            PINNED.set(Some(pinned));
            return answer;
        }
        let mut conn = self.pooled()?;
        let answer = body(&mut conn);
        // After a database error the connection may be broken: don't pool it.
        if !matches!(answer, Err(Error::Database(_))) {
            self.give_back(conn);
        }
        answer
    }

    fn pooled(&self) -> Result<Conn> {
        let pooled = self.idle.lock().pop();
        pooled.map_or_else(|| self.connect(), Ok)
    }

    fn give_back(&self, conn: Conn) {
        let mut idle = self.idle.lock();
        if idle.len() < IDLE_READERS {
            idle.push(conn);
        }
    }

    /// Takes this thread's connection out, if it is one to this database and no read has it already.
    fn pinned(&self) -> Option<Pinned> {
        PINNED.take().and_then(|pinned| {
            if pinned.database == self.identity() {
                return Some(pinned);
            }
            PINNED.set(Some(pinned));
            None
        })
    }

    fn identity(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

thread_local! {
    static PINNED: Cell<Option<Pinned>> = const { Cell::new(None) };
}

/// The connection that a thread's reads go through.
struct Pinned {
    /// Address of its database: tests open several in one process.
    database: usize,
    conn: Conn,
}

/// Ends the one state, panic or not, and restores what was pinned around it.
struct Reset<'a> {
    database: &'a Database,
    around: Option<Pinned>,
}

impl Drop for Reset<'_> {
    fn drop(&mut self) {
        let Some(Pinned { mut conn, .. }) = PINNED.replace(self.around.take()) else {
            return;
        };
        // Only a transaction that still can be ended goes back to the pool.
        if dialect::rollback(&mut conn) {
            self.database.give_back(conn);
        }
    }
}

fn lock(path: &Path) -> Result<File> {
    let path = path.with_extension("lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|e| Error::internal(format!("{}: {e}", path.display())))?;
    match FileExt::try_lock_exclusive(&file) {
        Ok(true) => Ok(file),
        Ok(false) => Err(Error::internal(format!(
            "{}: another server uses this database",
            path.display()
        ))),
        Err(e) => Err(Error::internal(format!("{}: {e}", path.display()))),
    }
}
