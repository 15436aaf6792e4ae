//! An open database: the lock against a second server, and the ways to connections.

use super::dialect::{self, Location};
use super::readers::Readers;
use super::roles::Requests;
use super::scope::Scope;
use super::session::WriterSession;
use super::{Conn, Listeners, migrate, statistics};
use crate::audit;
use crate::error::{Error, Result};
use fs4::fs_std::FileExt;
use parking_lot::Mutex;
use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub struct Database {
    location: Location,
    readers: Readers,
    /// Only the server that holds the lock may write: the writer decides on what it alone changes.
    lock: Lock,
    /// Whether commits wait until they are on disk.
    flushing: AtomicBool,
    /// SQLite's log holds what was deleted.
    log_is_to_go: AtomicBool,
    listeners: Listeners,
}

/// How often and how long the log is waited for that somebody reads.
const LOOKS: u32 = 500;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

enum Lock {
    /// Held as long as the server lives.
    File(#[expect(dead_code, reason = "held, not read")] File),
    /// Held by the writer's own connection, so that whoever commits holds it; here until the writer takes it.
    Session(WriterSession, Mutex<Option<Conn>>),
}

impl Database {
    /// Opens, locks and migrates. `url`: empty for `cardea.sqlite` in `data_dir`, a path, `sqlite:PATH`, or
    /// `postgres://…`.
    ///
    /// # Errors
    /// An unknown scheme; a database in use by another server, or one that can't be opened or migrated; on PostgreSQL a
    /// user whose requests row-level security wouldn't bind.
    pub fn open(url: &str, data_dir: &Path) -> Result<Self> {
        let location = Location::parse(url, data_dir)?;
        let lock = match &location {
            Location::Sqlite(path) => Lock::File(patiently(|| lock(path))?),
            Location::Postgres(_) => {
                let session = WriterSession::new();
                let conn = patiently(|| session.open(&location))?;
                Lock::Session(session, Mutex::new(Some(conn)))
            }
        };
        let requests = prepare(&location).map_err(|error| what_next(&location, error))?;
        Ok(Self {
            readers: Readers::new(location.readers(), requests),
            location,
            lock,
            flushing: AtomicBool::new(true),
            log_is_to_go: AtomicBool::new(false),
            listeners: Listeners::default(),
        })
    }

    /// Whose events are told to somebody.
    pub(crate) fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    /// A connection of its own that sees and writes every chain's rows: for the writer, and for tests.
    pub fn connect(&self) -> Result<Conn> {
        let mut conn = self.location.connect()?;
        conn.see_all_chains()?;
        Ok(conn)
    }

    /// Whether commits wait until they are on disk; as long as they don't, a power cut may take all that was written.
    /// Only for what begins anew after one: filling the demo. Comes back once everything written before is on disk.
    ///
    /// # Errors
    /// The disk fails.
    pub fn set_flushing(&self, on: bool) -> Result<()> {
        if on {
            self.location.flush()?;
        }
        self.flushing.store(on, Ordering::Release);
        Ok(())
    }

    /// Moves SQLite's log into the database and empties it: what was deleted is overwritten there, but not in the log.
    /// Waits until nobody reads from the log, five seconds at most; false if somebody still does, then it is emptied as
    /// soon as they don't.
    ///
    /// # Errors
    /// The database fails.
    pub(crate) fn empty_log(&self) -> Result<bool> {
        self.log_is_to_go.store(true, Ordering::Release);
        let mut conn = self.location.connect()?;
        for _ in 0..LOOKS {
            if self.try_to_empty_log(&mut conn)? {
                return Ok(true);
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
        Ok(false)
    }

    /// Whether the log still holds what was deleted.
    pub(super) fn log_is_to_go(&self) -> bool {
        self.log_is_to_go.load(Ordering::Acquire)
    }

    /// Empties the log if nobody reads from it now.
    pub(super) fn try_to_empty_log(&self, conn: &mut Conn) -> Result<bool> {
        // Before the look: whoever asks meanwhile asks for more than it does.
        self.log_is_to_go.store(false, Ordering::Release);
        let emptied = dialect::empty_log(conn);
        if !matches!(emptied, Ok(true)) {
            self.log_is_to_go.store(true, Ordering::Release);
        }
        emptied
    }

    pub(super) fn flushing(&self) -> bool {
        self.flushing.load(Ordering::Acquire)
    }

    /// Whether it is a server of its own, not a file.
    pub(crate) fn is_a_server(&self) -> bool {
        matches!(self.location, Location::Postgres(_))
    }

    /// A connection for the one writer, who must have dropped the one it had.
    pub(super) fn connect_writer(&self) -> Result<Conn> {
        let mut conn = match &self.lock {
            Lock::File(_) => self.connect()?,
            Lock::Session(session, first) => match first.lock().take() {
                Some(conn) => conn,
                None => session.open(&self.location)?,
            },
        };
        dialect::set_room(&mut conn, false)?;
        Ok(conn)
    }

    /// Reads one state of the database, on a connection of its own: for reads that take long. The body must not write.
    pub fn snapshot<T>(&self, scope: impl Into<Scope>, body: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        let mut conn = self.location.connect()?;
        dialect::begin_read(&mut conn, scope.into())?;
        let answer = body(&mut conn);
        dialect::rollback(&mut conn);
        answer
    }

    /// Runs a body whose reads on this thread see one state of the database: consistent, and one look at what the
    /// writer has changed instead of one per read. Reads in it of another scope go their own way.
    pub fn one_state<T>(&self, scope: impl Into<Scope>, body: impl FnOnce() -> Result<T>) -> Result<T> {
        self.readers.one_state(&self.location, scope.into(), body)
    }

    /// Reads with a pooled connection, or with the one of [`Database::one_state`]: `db.read(chain, |conn| …)`. The body
    /// must not write; on PostgreSQL it sees nothing outside the scope, whatever it asks for.
    pub fn read<T>(&self, scope: impl Into<Scope>, body: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        self.readers.read(&self.location, scope.into(), body)
    }
}

fn prepare(location: &Location) -> Result<Requests> {
    let mut conn = location.connect()?;
    migrate::up(&mut conn)?;
    dialect::begin_write(&mut conn)?;
    audit::set_up(&mut conn)?;
    dialect::commit(&mut conn)?;
    statistics::fix(&mut conn)?;
    Requests::set_up(&mut conn)
}

/// A damaged database's error says what to do about it.
fn what_next(location: &Location, error: Error) -> Error {
    let what = error.to_string();
    match location {
        _ if !dialect::is_damaged(&what) => error,
        Location::Sqlite(path) => {
            let path = path.display();
            Error::internal(format!(
                "{path} is damaged, or no database of Cardea ({what}). Let nothing write to it; keep a copy of it and of \
                 {path}-wal; put your last backup in its place, then run `cardea verify`. What the backup lacks can often be \
                 saved from the copy by `sqlite3 COPY .recover`"
            ))
        }
        Location::Postgres(_) => Error::internal(format!(
            "the database is damaged ({what}). Stop the server, keep a copy of its files, restore your last backup, then run \
             `cardea verify`"
        )),
    }
}

/// A server that was stopped a moment ago may still hold the lock: its last threads, or its session, are on their way
/// out. One that stays is another server.
fn patiently<T>(attempt: impl Fn() -> Result<T>) -> Result<T> {
    for _ in 0..20 {
        match attempt() {
            Err(Error::Internal(_)) => std::thread::sleep(Duration::from_millis(100)),
            done => return done,
        }
    }
    attempt()
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
