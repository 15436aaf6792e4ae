//! Where the two databases differ: opening a connection, beginning a write, telling one failure from another.

use super::Conn;
use super::scope::Scope;
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
            Some(("postgres" | "postgresql", _)) => {
                check_tls(url)?;
                Ok(Self::Postgres(with_timeouts(url)))
            }
            Some((scheme, _)) => Err(Error::internal(format!(
                "unknown database scheme {scheme:?}: use a file path, sqlite:PATH or postgres://…"
            ))),
        }
    }

    /// Most connections for readers: SQLite's cost next to nothing, a server has a limit for everybody.
    pub fn readers(&self) -> usize {
        match self {
            Self::Sqlite(_) => usize::MAX,
            Self::Postgres(_) => 32,
        }
    }

    /// Waits until what was written without flushing is on disk.
    pub fn flush(&self) -> Result<()> {
        let Self::Sqlite(path) = self else { return Ok(()) };
        let mut log = path.clone().into_os_string();
        log.push("-wal");
        for path in [path.clone(), PathBuf::from(log)] {
            let synced = std::fs::File::open(&path).and_then(|file| file.sync_all());
            synced.map_err(|e| Error::internal(format!("{}: {e}", path.display())))?;
        }
        Ok(())
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
                     PRAGMA cache_size = -4096; PRAGMA wal_autocheckpoint = 8192;",
                )?;
                Ok(Conn::Sqlite(c))
            }
            Self::Postgres(url) => Ok(Conn::Postgres(PgConnection::establish(url)?)),
        }
    }
}

/// TLS is compiled in on request only: it needs more than a C compiler.
fn check_tls(url: &str) -> Result<()> {
    let asked = parameter(url, "sslmode").map(str::to_owned);
    let mode = asked.or_else(|| std::env::var("PGSSLMODE").ok()).unwrap_or_default();
    if !cfg!(feature = "postgres-tls") && ["require", "verify-ca", "verify-full"].contains(&mode.as_str()) {
        return Err(Error::internal(format!(
            "sslmode={mode} needs TLS, which this program was built without: build it with the feature `postgres-tls`"
        )));
    }
    Ok(())
}

/// The value of an option in a URL.
fn parameter<'a>(url: &'a str, name: &str) -> Option<&'a str> {
    let (_, options) = url.split_once('?')?;
    let mut options = options.split('&').filter_map(|option| option.split_once('='));
    options.find_map(|(key, value)| (key == name).then_some(value))
}

/// A network that swallows everything must not hold the writer for the hours that TCP would wait. What the URL says
/// itself stays.
fn with_timeouts(url: &str) -> String {
    const OPTIONS: [(&str, &str); 5] = [
        ("connect_timeout", "5"),
        ("tcp_user_timeout", "10000"),
        ("keepalives_idle", "5"),
        ("keepalives_interval", "2"),
        ("keepalives_count", "3"),
    ];
    let mut full = url.to_owned();
    for (name, value) in OPTIONS {
        if parameter(url, name).is_none() {
            full.push(if full.contains('?') { '&' } else { '?' });
            full.push_str(name);
            full.push('=');
            full.push_str(value);
        }
    }
    full
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

/// What only the writer's connection is given: pages that many commands change stay in memory, 8 MiB of them, or 32 while
/// bulk work writes hundreds of commands at once.
pub(crate) fn set_room(conn: &mut Conn, wide: bool) -> Result<()> {
    match conn {
        Conn::Sqlite(_) => conn.batch(if wide {
            "PRAGMA cache_size = -32768"
        } else {
            "PRAGMA cache_size = -8192"
        }),
        Conn::Postgres(_) => Ok(()),
    }
}

/// Moves SQLite's log into the database and empties it; false if somebody reads it, writes or moves it just then.
pub(crate) fn empty_log(conn: &mut Conn) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Outcome {
        #[diesel(sql_type = diesel::sql_types::Integer)]
        busy: i32,
    }
    let Conn::Sqlite(c) = conn else { return Ok(true) };
    // Whoever waits for readers here keeps the writer from its work meanwhile.
    diesel::connection::SimpleConnection::batch_execute(c, "PRAGMA busy_timeout = 0")?;
    // That somebody else was at it is no error, but the first column of the answer.
    let outcome: Outcome = diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(c)?;
    Ok(outcome.busy == 0)
}

/// Whether a commit waits until it is on disk.
pub(crate) fn set_flushing(conn: &mut Conn, on: bool) -> Result<()> {
    conn.batch(match (&*conn, on) {
        (Conn::Sqlite(_), true) => "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 8192",
        // The longer the log, the fewer times a page that changes often is moved into the database.
        (Conn::Sqlite(_), false) => "PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 32768",
        (Conn::Postgres(_), true) => "SET synchronous_commit = on",
        (Conn::Postgres(_), false) => "SET synchronous_commit = off",
    })
}

/// For connections that answer requests. What they ask reads little, by keys: PostgreSQL's estimates of it without its values are
/// rough, and to start other processes for it, or a compiler, takes longer than the whole answer.
pub(crate) fn read_alone(conn: &mut Conn) -> Result<()> {
    match conn {
        Conn::Sqlite(_) => Ok(()),
        Conn::Postgres(_) => conn.batch("SET max_parallel_workers_per_gather = 0; SET jit = off"),
    }
}

/// Begins a writing transaction: SQLite takes its one write lock at once, so that a batch never fails half-way.
pub(crate) fn begin_write(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        Conn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
        Conn::Postgres(c) => AnsiTransactionManager::begin_transaction(c),
    }
}

/// Begins a transaction that sees one state of the database, whatever others write meanwhile, and of it what the scope
/// lets it see. That costs no message of its own.
pub(crate) fn begin_read(conn: &mut Conn, scope: Scope) -> QueryResult<()> {
    match conn {
        // In WAL mode the first read fixes what the transaction sees.
        Conn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN DEFERRED"),
        Conn::Postgres(c) => AnsiTransactionManager::begin_transaction_sql(c, &begin_scoped(scope)),
    }
}

/// As [`begin_read`] where the scope needs it. SQLite's reads are as quick as a transaction is to begin.
pub(crate) fn begin_single_read(conn: &mut Conn, scope: Scope) -> QueryResult<()> {
    match conn {
        Conn::Sqlite(_) => Ok(()),
        Conn::Postgres(_) => begin_read(conn, scope),
    }
}

/// Ends what [`begin_single_read`] began; false if that failed.
pub(crate) fn end_single_read(conn: &mut Conn) -> bool {
    matches!(conn, Conn::Sqlite(_)) || rollback(conn)
}

/// The settings end with the transaction: a connection that goes back to the pool sees no chain's rows.
fn begin_scoped(scope: Scope) -> String {
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    match scope {
        Scope::Chain(chain) => format!("{begin}; SET LOCAL cardea.chain = '{}'", chain.0.simple()),
        Scope::Installation => begin.to_owned(),
        // Only the owner of the tables may see all chains; requests' role never does.
        Scope::AllChains(_) => format!("{begin}; SET LOCAL ROLE NONE; {ALL_CHAINS_HERE}"),
    }
}

const ALL_CHAINS_HERE: &str = "SET LOCAL cardea.scope = 'all'";

/// Lets a connection see and write every chain's rows, as long as it lives.
pub(crate) fn see_all_chains(conn: &mut Conn) -> Result<()> {
    match conn {
        Conn::Sqlite(_) => Ok(()),
        Conn::Postgres(_) => conn.batch("SET cardea.scope = 'all'"),
    }
}

/// Whether the database itself keeps chains apart.
pub(crate) fn has_row_security(conn: &Conn) -> bool {
    matches!(conn, Conn::Postgres(_))
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

/// Takes everything back, savepoints and the transaction around them; false if the connection is beyond that.
pub(crate) fn rollback_all(conn: &mut Conn) -> bool {
    while depth(conn) > 0 {
        let before = depth(conn);
        rollback(conn);
        if depth(conn) >= before {
            return false;
        }
    }
    true
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

/// Whether cutting the batch can find the command at fault. PostgreSQL refuses some values with errors that diesel has
/// no kind for; on SQLite those are the disk's.
pub(crate) fn may_lie_in_data(conn: &Conn, e: &diesel::result::Error) -> bool {
    let unknown = matches!(e, diesel::result::Error::DatabaseError(DatabaseErrorKind::Unknown, _));
    is_constraint(e) || (unknown && matches!(conn, Conn::Postgres(_)))
}

/// Whether a constraint of the schema stopped a statement.
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

/// Whether the same transaction may pass if it is done again: others were in its way.
pub(crate) fn is_transient(e: &diesel::result::Error) -> bool {
    match e {
        diesel::result::Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        // diesel has no name for 40P01. A server that speaks another language is served by the batch's halves.
        diesel::result::Error::DatabaseError(DatabaseErrorKind::Unknown, info) => info.message() == "deadlock detected",
        _ => false,
    }
}

/// Whether the database says that its files are damaged.
pub(crate) fn is_damaged(message: &str) -> bool {
    let words = [
        "file is not a database",
        "database disk image is malformed",
        "invalid page in block",
        "could not read block",
    ];
    words.iter().any(|words| message.contains(words))
}

/// Whether the connection is gone; what it was doing is taken back by the server.
pub(crate) fn is_lost(e: &diesel::result::Error) -> bool {
    use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand};
    matches!(
        e,
        diesel::result::Error::DatabaseError(ClosedConnection | UnableToSendCommand, _)
            | diesel::result::Error::BrokenTransactionManager
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_path_or_a_url() {
        let parse = |url: &str| Location::parse(url, Path::new("data")).map_err(|e| e.to_string());
        assert_eq!(parse(""), Ok(Location::Sqlite("data/cardea.sqlite".into())));
        for path in ["x.sqlite", "sqlite:x.sqlite", "sqlite://x.sqlite"] {
            assert_eq!(parse(path), Ok(Location::Sqlite("x.sqlite".into())));
        }
        assert!(parse("mysql://localhost/cardea").unwrap_err().contains("mysql"));
        let url = |text: &str| match parse(text) {
            Ok(Location::Postgres(url)) => url,
            other => panic!("{other:?}"),
        };
        let plain = url("postgres://cardea@db/cardea");
        assert!(
            plain.starts_with("postgres://cardea@db/cardea?connect_timeout=5&"),
            "{plain}"
        );
        let own = url("postgresql://db/cardea?connect_timeout=60");
        assert!(own.contains("connect_timeout=60&tcp_user_timeout=") && !own.contains("connect_timeout=5"));
    }

    #[cfg(not(feature = "postgres-tls"))]
    #[test]
    fn tls_that_is_not_compiled_in_is_named() {
        let parse = |mode: &str| Location::parse(&format!("postgres://db/cardea?sslmode={mode}"), Path::new("data"));
        for mode in ["require", "verify-ca", "verify-full"] {
            let error = parse(mode).unwrap_err().to_string();
            assert!(error.contains(mode) && error.contains("postgres-tls"), "{error}");
        }
        assert!(parse("prefer").is_ok() && parse("disable").is_ok());
    }
}
