//! An open database: the lock against a second server, and a pool of readers.

use super::dialect::{self, Location};
use super::{Conn, migrate, statistics};
use crate::audit;
use crate::error::{Error, Result};
use fs4::fs_std::FileExt;
use parking_lot::Mutex;
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
        dialect::begin_write(&mut conn)?;
        audit::set_up(&mut conn)?;
        dialect::commit(&mut conn)?;
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

    /// Reads with a pooled connection: `db.read(|conn| …)`. The body must not write.
    pub fn read<T>(&self, body: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        let pooled = self.idle.lock().pop();
        let mut conn = match pooled {
            Some(conn) => conn,
            None => self.connect()?,
        };
        let answer = body(&mut conn);
        // After a database error the connection may be broken: don't pool it.
        if !matches!(answer, Err(Error::Database(_))) {
            let mut idle = self.idle.lock();
            if idle.len() < IDLE_READERS {
                idle.push(conn);
            }
        }
        answer
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
