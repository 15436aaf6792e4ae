//! Where the two databases differ: opening a connection, beginning a write, telling one failure from another.

use super::Conn;
use crate::error::{Error, Result};
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind;
use std::path::{Path, PathBuf};

/// Older versions can corrupt a database in WAL mode.
const OLDEST_SQLITE: i32 = 3_051_003;

/// Where the data lives, from the `database` setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Location {
    /// Empty: `cardea.sqlite` in the data folder. A path, `sqlite:PATH` or `postgres://…`; another scheme is an
    /// error that names it.
    pub fn parse(url: &str, data_dir: &Path) -> Result<Self> {
        if url.is_empty() {
            return Ok(Self::Sqlite(data_dir.join("cardea.sqlite")));
        }
        if let Some(path) = url.strip_prefix("sqlite:") {
            return Ok(Self::Sqlite(PathBuf::from(path.strip_prefix("//").unwrap_or(path))));
        }
        match url.split_once("://") {
            None => Ok(Self::Sqlite(PathBuf::from(url))),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(url.into())),
            Some((scheme, _)) => Err(Error::internal(format!(
                "unknown database scheme {scheme:?}: use a file path, sqlite:PATH or postgres://…"
            ))),
        }
    }

    pub fn connect(&self) -> Result<Conn> {
        match self {
            Self::Sqlite(path) => {
                let mut c = SqliteConnection::establish(&path.to_string_lossy())?;
                check_sqlite_version()?;
                // WAL with FULL: with NORMAL, a power cut loses acknowledged commits.
                diesel::connection::SimpleConnection::batch_execute(
                    &mut c,
                    "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                     PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; \
                     PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 8192; PRAGMA mmap_size = 1073741824;",
                )?;
                Ok(Conn::Sqlite(c))
            }
            Self::Postgres(url) => Ok(Conn::Postgres(PgConnection::establish(url)?)),
        }
    }
}

fn check_sqlite_version() -> Result<()> {
    #[expect(
        unsafe_code,
        reason = "a call without arguments that returns a constant of the linked library"
    )]
    let version = unsafe { libsqlite3_sys::sqlite3_libversion_number() };
    if version < OLDEST_SQLITE {
        return Err(Error::internal(format!(
            "SQLite {version} can corrupt a WAL database; {OLDEST_SQLITE} or newer is needed"
        )));
    }
    Ok(())
}

/// Begins a writing transaction: SQLite takes its one write lock at once, so that a batch never fails half-way.
pub(crate) fn begin_write(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        Conn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
        Conn::Postgres(c) => AnsiTransactionManager::begin_transaction(c),
    }
}

/// Begins a transaction that sees one state of the database, whatever others write meanwhile.
pub(crate) fn begin_read(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        // In WAL mode the first read fixes what the transaction sees.
        Conn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN DEFERRED"),
        Conn::Postgres(c) => {
            AnsiTransactionManager::begin_transaction_sql(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        }
    }
}

/// A savepoint inside a writing transaction.
pub(crate) fn begin_nested(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        Conn::Sqlite(c) => AnsiTransactionManager::begin_transaction(c),
        Conn::Postgres(c) => AnsiTransactionManager::begin_transaction(c),
    }
}

/// Commits the transaction, or releases the innermost savepoint.
pub(crate) fn commit(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        Conn::Sqlite(c) => AnsiTransactionManager::commit_transaction(c),
        Conn::Postgres(c) => AnsiTransactionManager::commit_transaction(c),
    }
}

/// Takes back the transaction or the innermost savepoint. False if that failed: the connection may be gone.
pub(crate) fn rollback(conn: &mut Conn) -> bool {
    let rolled = match conn {
        Conn::Sqlite(c) => AnsiTransactionManager::rollback_transaction(c),
        Conn::Postgres(c) => AnsiTransactionManager::rollback_transaction(c),
    };
    if let Err(e) = &rolled {
        tracing::warn!(error = %e, "a rollback failed");
    }
    rolled.is_ok()
}

/// Takes everything back, savepoints and the transaction around them.
pub(crate) fn rollback_all(conn: &mut Conn) {
    while depth(conn) > 0 {
        let before = depth(conn);
        rollback(conn);
        if depth(conn) >= before {
            // The connection is beyond that; the writer takes another one.
            return;
        }
    }
}

/// Levels of transaction and savepoints; 0 on a broken connection too.
fn depth(conn: &mut Conn) -> u32 {
    let status = match conn {
        Conn::Sqlite(c) => {
            <AnsiTransactionManager as TransactionManager<SqliteConnection>>::transaction_manager_status_mut(c)
        }
        Conn::Postgres(c) => {
            <AnsiTransactionManager as TransactionManager<PgConnection>>::transaction_manager_status_mut(c)
        }
    };
    status.transaction_depth().ok().flatten().map_or(0, |depth| depth.get())
}

/// Whether a failure lies in one command's data (so a bisected batch finds it) rather than in the storage.
pub(crate) fn is_constraint(e: &diesel::result::Error) -> bool {
    use DatabaseErrorKind::*;
    matches!(
        e,
        diesel::result::Error::DatabaseError(
            UniqueViolation | ForeignKeyViolation | NotNullViolation | CheckViolation | RestrictViolation,
            _
        )
    )
}

/// Whether a unique key was there already.
pub(crate) fn is_unique(e: &diesel::result::Error) -> bool {
    matches!(
        e,
        diesel::result::Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)
    )
}

/// Takes PostgreSQL's lock of this program for as long as the connection lives; false if another server holds it.
pub(crate) fn lock_session(conn: &mut Conn) -> Result<bool> {
    let Conn::Postgres(c) = conn else {
        return Ok(true);
    };
    #[derive(QueryableByName)]
    struct Locked {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        locked: bool,
    }
    // "cardea" in bytes.
    let locked: Locked = diesel::sql_query("SELECT pg_try_advisory_lock(109270250153313) AS locked").get_result(c)?;
    Ok(locked.locked)
}
